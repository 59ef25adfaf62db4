package driver

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"regexp"
	"strings"
	"unicode/utf16"
)

// What servers call their secrets, in JSON, XML, forms and addresses. A value
// under such a name is blanked even though nobody has seen it before.
const secretWords = `(?:token|secret|passw|session|sid|auth|api_?key|lwsso|csrf|xsrf|cookie)`

var (
	authorization  = regexp.MustCompile(`(?mi)^((?:proxy-)?authorization: )[^\r\n]*`)
	secretMember   = regexp.MustCompile(`(?i)("[^"]*` + secretWords + `[^"]*"\s*:\s*")(?:[^"\\]|\\.)*`)
	secretElement  = regexp.MustCompile(`(?i)(<[^<>/]*` + secretWords + `[^<>]*>)[^<]*`)
	secretInput    = regexp.MustCompile(`(?i)(<input\b[^<>]*\bname\s*=\s*["']?[^"'<>\s]*` + secretWords + `[^<>]*?\bvalue\s*=\s*)("[^"<>]*"|'[^'<>]*'|[^\s<>"']+)`)
	secretPair     = regexp.MustCompile(`(?i)([\w.-]*` + secretWords + `[\w.-]*\s*=\s*)("[^"<>]*"|'[^'<>]*'|[^&;\s"'<>]*)`)
	addressSecrets = regexp.MustCompile(`([?;])[^\s]*`)
)

// shownHeaders are the fields of an answer whose values an example shows. Any
// other may carry a token.
var shownHeaders = map[string]bool{
	"content-type": true, "content-length": true, "content-encoding": true, "date": true, "server": true,
	"location": true, "www-authenticate": true, "allow": true, "retry-after": true, "connection": true,
	"transfer-encoding": true, "cache-control": true, "expires": true, "keep-alive": true, "via": true,
	"x-content-type-options": true, "x-frame-options": true, "strict-transport-security": true,
}

// blankNamed blanks what stands under a name that means a secret.
func blankNamed(text string) string {
	for _, named := range []*regexp.Regexp{secretMember, secretElement, secretInput, secretPair} {
		text = named.ReplaceAllString(text, "${1}"+blank)
	}
	return text
}

// shortestSecret is the length from which a value is searched for: a shorter one
// stands in too many words.
const shortestSecret = 4

// without blanks the values of an account, of jars, and of cookies in a Cookie
// text, however a server may spell them.
func without(text string, account [][]byte, others []byte, jars ...[][]byte) string {
	secrets := append([][]byte{}, account...)
	for _, a := range account { // user and password, as Basic sends them
		for _, b := range account {
			if len(a) > 0 && len(b) > 0 {
				secrets = append(secrets, bytes.Join([][]byte{a, b}, []byte{':'}))
			}
		}
	}
	for _, jar := range jars {
		secrets = append(secrets, jar...)
	}
	for pair := range bytes.SplitSeq(others, []byte("; ")) {
		_, value, _ := bytes.Cut(pair, []byte{'='})
		secrets = append(secrets, value)
	}
	for _, secret := range secrets {
		if len(secret) < shortestSecret {
			continue
		}
		text = blankSpelled(text, string(secret))
	}
	return text
}

// blankSpelled blanks a value in the ways in which a server may repeat it: each
// character as it is, percent-encoded in either case, as an entity of HTML, or
// escaped for JSON; and the whole in Base64, padded or not.
func blankSpelled(text, secret string) string {
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		coded := e.EncodeToString([]byte(secret))
		text = strings.ReplaceAll(text, coded, blank)
		text = strings.ReplaceAll(text, strings.TrimRight(coded, "="), blank)
	}
	var out strings.Builder
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c != secret[0] && c != '%' && c != '&' && c != '\\' && c != '+' {
			i++
			continue
		}
		n := max(matchSpelled(text[i:], secret, true), matchSpelled(text[i:], secret, false))
		if n == 0 {
			i++
			continue
		}
		out.WriteString(text[from:i])
		out.WriteString(blank)
		i += n
		from = i
	}
	if from == 0 {
		return text
	}
	out.WriteString(text[from:])
	return out.String()
}

// matchSpelled returns how much of the text's start spells the secret, 0 for
// none. Where a character may stand for itself or begin an escape, raw says which
// is tried first.
func matchSpelled(text, secret string, raw bool) int {
	at := 0
	for _, r := range secret {
		plain, n := 0, 0
		if strings.HasPrefix(text[at:], string(r)) {
			plain = len(string(r))
		}
		if plain == 0 || !raw {
			n = escapedLength(text[at:], r)
		}
		if n == 0 {
			n = plain
		}
		if n == 0 {
			return 0
		}
		at += n
	}
	return at
}

// escapedLength returns how much of the text's start is an escape that stands for
// the character.
func escapedLength(text string, r rune) int {
	raw := string(r)
	if text == "" {
		return 0
	}
	var escaped string
	switch text[0] {
	case '+':
		if r == ' ' {
			return 1
		}
	case '&':
		if end := strings.IndexByte(text[:min(len(text), 12)], ';'); end > 0 && html.UnescapeString(text[:end+1]) == raw {
			return end + 1
		}
	case '\\':
		if len(text) > 1 && text[1] == raw[0] && strings.ContainsRune(`"\/`, r) {
			return 2
		}
		for _, u := range utf16.Encode([]rune{r}) {
			escaped += fmt.Sprintf(`\u%04x`, u)
		}
	case '%':
		for _, c := range []byte(raw) {
			escaped += fmt.Sprintf("%%%02x", c)
		}
	}
	if escaped != "" && len(text) >= len(escaped) && strings.EqualFold(text[:len(escaped)], escaped) {
		return len(escaped)
	}
	return 0
}
