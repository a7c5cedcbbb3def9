package docs

import (
	"errors"
	"strings"
)

// What else than words, quotes and comments a shell acts upon, outside and inside of
// double quotes. No documented command needs it, and none would be tested with it.
const (
	special         = "|&;<>$*`\\(){}"
	specialInDouble = "$`\\"
)

// split a command into words as a shell does.
func split(command string) ([]string, error) {
	var words []string
	var quote rune
	word, inWord := &strings.Builder{}, false
	for _, r := range command + " " {
		switch {
		case r == quote:
			quote = 0
		case quote == '"' && strings.ContainsRune(specialInDouble, r), quote == 0 && strings.ContainsRune(special, r):
			return nil, errors.New("it takes more of a shell than tests have: " + string(r))
		case quote != 0:
			word.WriteRune(r)
		case strings.ContainsRune(`'"`, r):
			quote, inWord = r, true
		case strings.ContainsRune(" \t\n", r):
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		case r == '#' && !inWord:
			return words, nil
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	return words, nil
}
