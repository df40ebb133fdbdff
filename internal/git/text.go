package git

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// sniffed is how much of a file git looks at to tell text from binary (FIRST_FEW_BYTES in git's xdiff-interface.c).
const sniffed = 8000

// Text returns content as UTF-8 text: as it is where git would take it for text, decoded where it is UTF-16 with
// or without a byte order mark. ok is false for what is binary.
func Text(content []byte) (text string, origin Origin, ok bool) {
	head := content[:min(len(content), sniffed)]
	// Text without any NUL is what git shows as it is, whatever it begins with.
	if order := utf16Order(head); order != nil && bytes.IndexByte(content, 0) >= 0 {
		return decodeUTF16(content, order), UTF16, true
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return "", Plain, false
	}
	return string(content), Plain, true
}

// printableShare is how much of a text without its NUL bytes has to be printable for it to be a text at all.
const printableShare = 0.9

// TextWithNULs returns content without its NUL bytes and byte order mark, if what is left is text: UTF-32, UTF-16 that
// an odd byte put out of step, or text with a stray NUL that makes git take it for binary.
func TextWithNULs(content []byte) (text string, ok bool) {
	for _, mark := range []string{"\xff\xfe\x00\x00", "\x00\x00\xfe\xff", "\xff\xfe", "\xfe\xff"} {
		if rest, found := bytes.CutPrefix(content, []byte(mark)); found {
			content = rest
			break
		}
	}
	stripped := bytes.ReplaceAll(content, []byte{0}, nil)
	head := stripped[:min(len(stripped), 1<<16)]
	printable := 0
	for _, c := range head {
		if c >= ' ' && c < 0x7f || c == '\n' || c == '\r' || c == '\t' {
			printable++
		}
	}
	if len(head) == 0 || float64(printable) < printableShare*float64(len(head)) {
		return "", false
	}
	return string(stripped), true
}

// OutOfStep are the numbers, from 1, of the lines of a text without its NUL bytes that the text decoded as UTF-16
// does not have: where the decoding went wrong.
func OutOfStep(stripped, decoded string) map[int]bool {
	known := map[string]bool{}
	for line := range strings.Lines(decoded) {
		known[strings.TrimRight(line, "\r\n")] = true
	}
	numbers, number := map[int]bool{}, 0
	for line := range strings.Lines(stripped) {
		number++
		if line = strings.TrimRight(line, "\r\n"); !known[line] && isASCII(line) {
			numbers[number] = true
		}
	}
	return numbers
}

// isASCII says whether a line is printable ASCII: others are what is left of characters that are no Latin letters.
func isASCII(line string) bool {
	return strings.IndexFunc(line, func(r rune) bool { return (r < ' ' || r > '~') && r != '\t' }) < 0
}

// utf16Order is the byte order of UTF-16 text, nil for anything else. Without a byte order mark, text is told by
// its zero bytes: most are on one side of the pairs and nearly none on the other, which holds for text in which
// Latin letters prevail.
func utf16Order(head []byte) binary.ByteOrder {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe, 0, 0}): // UTF-32
		return nil
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return binary.LittleEndian
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return binary.BigEndian
	case len(head) < 8:
		return nil
	}
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	pairs := len(head) / 2
	switch {
	case zeros[1]*10 >= pairs*7 && zeros[0]*50 <= pairs:
		return binary.LittleEndian
	case zeros[0]*10 >= pairs*7 && zeros[1]*50 <= pairs:
		return binary.BigEndian
	}
	return nil
}

func decodeUTF16(content []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(content)/2)
	for i := range units {
		units[i] = order.Uint16(content[2*i:])
	}
	if len(units) > 0 && units[0] == 0xfeff {
		units = units[1:]
	}
	return string(utf16.Decode(units))
}
