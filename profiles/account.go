package profiles

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// need is what a column's value must be to be sent whole.
type need uint8

const (
	headerText  need = iota // goes into a header as it is
	basicUser               // the name before the colon of Basic credentials
	unicodeText             // stands in a JSON string
	xmlText                 // stands in XML
)

// columnLimit says what the value of an account column must be.
type columnLimit struct {
	column int // index in Flow.AccountFields
	need   need
}

// CheckAccount returns an error where an account, given in the order of
// [Flow.AccountFields], can't be sent as it is: a line break in a bare header,
// a colon in a Basic user name, text that is no UTF-8 in JSON or XML, a
// control character in XML. The error names the column, never the value.
func (f *Flow) CheckAccount(fields [][]byte) error {
	var bad []string
	for _, l := range f.limits {
		if l.column >= len(fields) {
			continue
		}
		if why := l.need.unmet(fields[l.column]); why != "" {
			bad = append(bad, fmt.Sprintf("column %q %s", f.AccountFields[l.column], why))
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return fmt.Errorf("method %s of %s: %s", f.Method, f.Endpoint, strings.Join(bad, "; "))
}

func (n need) unmet(value []byte) string {
	switch n {
	case headerText:
		if bytes.ContainsAny(value, "\r\n\x00") {
			return "holds a line break or NUL, which can't go into a header as it is"
		}
	case basicUser:
		if bytes.ContainsRune(value, ':') {
			return "holds a colon, which would end the user name of Basic credentials"
		}
	case unicodeText:
		if !utf8.Valid(value) {
			return "is no UTF-8, which JSON needs"
		}
	case xmlText:
		if !utf8.Valid(value) || slices.ContainsFunc([]rune(string(value)), func(r rune) bool { return !inXML(r) }) {
			return "holds a character that XML can't carry"
		}
	}
	return ""
}
