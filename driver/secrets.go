package driver

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
)

// What servers call their secrets, in JSON, XML, forms and addresses. A value
// under such a name is blanked even though nobody has seen it before.
const secretWords = `(?:token|secret|passw|session|sid|auth|api_?key|lwsso|csrf|xsrf|cookie)`

var (
	authorization  = regexp.MustCompile(`(?mi)^((?:proxy-)?authorization: )[^\r\n]*`)
	secretMember   = regexp.MustCompile(`(?i)("[^"]*` + secretWords + `[^"]*"\s*:\s*")(?:[^"\\]|\\.)*`)
	secretElement  = regexp.MustCompile(`(?i)(<[^<>/]*` + secretWords + `[^<>]*>)[^<]*`)
	secretPair     = regexp.MustCompile(`(?i)([\w.-]*` + secretWords + `[\w.-]*=)[^&;\s"'<>]*`)
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
	for _, named := range []*regexp.Regexp{secretMember, secretElement, secretPair} {
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
		for _, spelling := range spellings(string(secret)) {
			text = strings.ReplaceAll(text, spelling, blank)
		}
	}
	return text
}

// spellings are the ways in which a server may repeat a value.
func spellings(secret string) []string {
	quoted, err := json.Marshal(secret)
	if err != nil {
		quoted = []byte(`""`)
	}
	var plain bytes.Buffer
	encoder := json.NewEncoder(&plain)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(secret) != nil {
		plain.Reset()
	}
	out := []string{
		secret, strings.Trim(string(quoted), `"`), strings.Trim(strings.TrimSpace(plain.String()), `"`),
		html.EscapeString(secret), url.QueryEscape(secret), url.PathEscape(secret),
		// Without padding, so that either form is found.
		base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
	}
	kept := out[:0]
	for _, s := range out {
		if len(s) >= shortestSecret {
			kept = append(kept, s)
		}
	}
	return kept
}
