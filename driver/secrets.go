package driver

import (
	"bytes"
	"encoding/base64"
	"fmt"
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
		text = pattern(string(secret)).ReplaceAllLiteralString(text, blank)
	}
	return text
}

// pattern matches a value in the ways in which a server may repeat it: each
// character as it is, percent-encoded in either case, as an entity of HTML, or
// escaped for JSON; and the whole in Base64, padded or not.
func pattern(secret string) *regexp.Regexp {
	var b strings.Builder
	for _, r := range secret {
		b.WriteString("(?:" + regexp.QuoteMeta(string(r)))
		percent, json := "", ""
		for _, c := range []byte(string(r)) {
			percent += fmt.Sprintf("%%%02x", c)
		}
		for _, u := range utf16.Encode([]rune{r}) {
			json += fmt.Sprintf(`\\u%04x`, u)
		}
		fmt.Fprintf(&b, `|(?i:%s|%s|&#0*%d;|&#x0*%x;)`, percent, json, r, r)
		switch r {
		case ' ':
			b.WriteString(`|\+`)
		case '"':
			b.WriteString(`|\\"|&quot;`)
		case '\\', '/':
			b.WriteString(`|\\` + regexp.QuoteMeta(string(r)))
		case '&':
			b.WriteString(`|&amp;`)
		case '<':
			b.WriteString(`|&lt;`)
		case '>':
			b.WriteString(`|&gt;`)
		case '\'':
			b.WriteString(`|&apos;`)
		}
		b.WriteString(")")
	}
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		b.WriteString("|" + regexp.QuoteMeta(strings.TrimRight(e.EncodeToString([]byte(secret)), "=")) + "=*")
	}
	return regexp.MustCompile(b.String())
}
