package policy

// Suggest is the word that a writer of word probably meant, "" where none is near.
func Suggest(word string, words []string) string { return closest(word, words) }
