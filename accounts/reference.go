package accounts

import (
	"errors"
	"fmt"
	"strings"
)

// HasReference tells whether a text refers to the environment.
func HasReference(text string) bool { return strings.Contains(text, opening) }

const opening = "${env:"

// Expand puts the values of environment variables in the place of each
// ${env:NAME} in a text. $${env: stands for the characters ${env: themselves.
// The error names every variable that isn't set, and no value.
func Expand(text string, env func(string) (string, bool)) (string, error) {
	if !HasReference(text) {
		return text, nil
	}
	var out strings.Builder
	var errs []error
	for {
		i := strings.Index(text, opening)
		if i < 0 {
			out.WriteString(text)
			return out.String(), errors.Join(errs...)
		}
		if i > 0 && text[i-1] == '$' {
			out.WriteString(text[:i-1] + opening)
			text = text[i+len(opening):]
			continue
		}
		out.WriteString(text[:i])
		name, rest, closed := strings.Cut(text[i+len(opening):], "}")
		if !closed || !isName(name) {
			return "", errors.Join(append(errs, errors.New("a reference to the environment is written ${env:NAME}"))...)
		}
		value, set := env(name)
		if !set {
			errs = append(errs, fmt.Errorf("environment variable %s is not set", name))
		}
		out.WriteString(value)
		text = rest
	}
}

func isName(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}
