package policy

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// params is a control's own section in one layer, opaque until the control decodes it.
type params []entry

// Decode fills the struct that into points to with the control's own parameters, the weakest layer first, strictly:
// an unknown key or a value of another type is an *Error. Lists and maps of a later layer replace, a struct is
// filled key by key. Fields are named by their yaml tags. Without parameters, and on an error, into stays as it is.
//
// Fields can be texts, booleans, numbers, time.Duration, time.Time (a day), encoding.TextUnmarshaler, any, and
// structs, pointers, slices and string maps of those; `yaml:",inline"` takes a struct's fields in. A number where a
// text is wanted stays as it was written, so a version 1.20 that nobody quoted is still "1.20".
func (c Control) Decode(into any) error {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() || target.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("decode the parameters of a control into %T: want a pointer to a struct", into)
	}
	filled := reflect.New(target.Type().Elem()).Elem()
	filled.Set(target.Elem())
	for _, layer := range c.params {
		if err := decodeStruct(layer, filled, commonKeys()); err != nil {
			return err
		}
	}
	target.Elem().Set(filled)
	return nil
}

// decodeStruct fills a struct; more are keys that could be meant besides its own.
func decodeStruct(entries []entry, target reflect.Value, more []string) error {
	fields := map[string]reflect.Value{}
	names := structFields(target, fields)
	for _, e := range entries {
		field, ok := fields[e.key]
		if !ok {
			return &Error{e.at, "unknown key " + quote(e.key) + hint(e.key, append(names, more...))}
		}
		if err := decodeValue(e.key, e.value, field); err != nil {
			return err
		}
	}
	return nil
}

// structFields gathers a struct's fields by their yaml names and returns the names in order.
func structFields(target reflect.Value, fields map[string]reflect.Value) []string {
	var names []string
	for i := range target.NumField() {
		f := target.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case options == "inline" && f.Type.Kind() == reflect.Struct:
			names = append(names, structFields(target.Field(i), fields)...)
		default:
			if name == "" {
				name = strings.ToLower(f.Name)
			}
			fields[name] = target.Field(i)
			names = append(names, name)
		}
	}
	return names
}

// decodeValue fills target from a node; key is what an error speaks of, since it must not quote values.
func decodeValue(key string, n *node, target reflect.Value) error {
	wrong := &Error{n.at, fmt.Sprintf("%s must be %s", scalar(key), describe(target.Type()))}
	switch into := target.Addr().Interface().(type) {
	case *time.Duration:
		d, err := time.ParseDuration(n.text)
		if n.kind != text || err != nil {
			return wrong
		}
		*into = d
		return nil
	case *time.Time:
		d, ok := parseDate(n)
		if !ok {
			return wrong
		}
		*into = d
		return nil
	case encoding.TextUnmarshaler:
		word, ok := n.word()
		if !ok || into.UnmarshalText([]byte(word)) != nil {
			return wrong // without the cause, which likes to quote
		}
		return nil
	}
	switch target.Kind() {
	case reflect.Pointer:
		return decodePointer(key, n, target)
	case reflect.Struct:
		if n.kind != mapping {
			return wrong
		}
		return decodeStruct(n.entries, target, nil)
	case reflect.Slice:
		return decodeSlice(key, n, target, wrong)
	case reflect.Map:
		return decodeMap(n, target, wrong)
	case reflect.Interface:
		if target.NumMethod() == 0 {
			target.SetZero()
			if v := n.plain(); v != nil {
				target.Set(reflect.ValueOf(v))
			}
			return nil
		}
	}
	if !decodeScalar(n, target) {
		return wrong
	}
	return nil
}

func decodePointer(key string, n *node, target reflect.Value) error {
	if n.kind == null {
		target.SetZero()
		return nil
	}
	fresh := reflect.New(target.Type().Elem())
	if !target.IsNil() {
		fresh.Elem().Set(target.Elem())
	}
	if err := decodeValue(key, n, fresh.Elem()); err != nil {
		return err
	}
	target.Set(fresh)
	return nil
}

func decodeSlice(key string, n *node, target reflect.Value, wrong *Error) error {
	if n.kind != list {
		return wrong
	}
	fresh := reflect.MakeSlice(target.Type(), len(n.items), len(n.items))
	for i, item := range n.items {
		if err := decodeValue("an item of "+key, item, fresh.Index(i)); err != nil {
			return err
		}
	}
	target.Set(fresh)
	return nil
}

func decodeMap(n *node, target reflect.Value, wrong *Error) error {
	if n.kind != mapping || target.Type().Key().Kind() != reflect.String {
		return wrong
	}
	fresh := reflect.MakeMapWithSize(target.Type(), len(n.entries))
	for _, e := range n.entries {
		value := reflect.New(target.Type().Elem()).Elem()
		if err := decodeValue(e.key, e.value, value); err != nil {
			return err
		}
		fresh.SetMapIndex(reflect.ValueOf(e.key).Convert(target.Type().Key()), value)
	}
	target.Set(fresh)
	return nil
}

// decodeScalar reports whether the node is what the target's kind wants and fits into it.
func decodeScalar(n *node, target reflect.Value) bool {
	switch {
	case target.Kind() == reflect.String:
		if n.kind == text || n.kind == number {
			target.SetString(n.text)
			return true
		}
	case target.Kind() == reflect.Bool:
		if n.kind == boolean {
			target.SetBool(strings.EqualFold(n.text, "true"))
			return true
		}
	case n.kind != number:
	case target.CanInt():
		v, err := strconv.ParseInt(n.text, 0, target.Type().Bits())
		target.SetInt(v)
		return err == nil
	case target.CanUint():
		v, err := strconv.ParseUint(n.text, 0, target.Type().Bits())
		target.SetUint(v)
		return err == nil
	case target.CanFloat():
		v, err := strconv.ParseFloat(n.text, target.Type().Bits())
		target.SetFloat(v)
		return err == nil
	}
	return false
}

// plain is the node as a Go value: nil, string, bool, int64, float64, []any or map[string]any.
func (n *node) plain() any {
	switch n.kind {
	case text:
		return n.text
	case boolean:
		return strings.EqualFold(n.text, "true")
	case number:
		if i, err := strconv.ParseInt(n.text, 0, 64); err == nil {
			return i
		}
		if f, err := strconv.ParseFloat(n.text, 64); err == nil {
			return f
		}
		return n.text
	case list:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.plain()
		}
		return out
	case mapping:
		out := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			out[e.key] = e.value.plain()
		}
		return out
	}
	return nil
}

// describe says in a policy author's words what a field takes.
func describe(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "a duration such as 30m"
	case t == reflect.TypeFor[time.Time]():
		return "a date such as 2027-06-30"
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return "one of the values that its control documents"
	case slices.Contains([]reflect.Kind{reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64}, t.Kind()):
		return "a whole number in range"
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uintptr:
		return "a whole number in range, not below zero"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return describe(t.Elem())
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "a mapping of keys to values"
	}
	return "of a type that a policy can hold"
}
