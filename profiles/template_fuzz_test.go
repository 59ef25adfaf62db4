package profiles

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzTemplate: whatever a template and the values say, nothing but what was
// refused beforehand can end a header or leave an address.
func FuzzTemplate(f *testing.F) {
	e, err := ParseEndpoint("small.yaml", []byte(small))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		"{{user}}", "a {{basic user password}} b", "{{raw user}}{{capture.token}}", "{{url cookie.SID}}", "{{form account.user}}",
		"{{", "{{}}", "}}{{ lower user }}", "{{basic client_type setting.room}}", "{{suffix tenant}}", "{{json user}}{{xml password}}", "/a?b#c é",
	} {
		f.Add(seed, "us\ner", "pass:word\x00", "slot\r\n")
	}
	f.Fuzz(func(t *testing.T, text, user, password, slot string) {
		for at := inHeader; at <= inIdentity; at++ {
			is, err := e.spec.resolve(Choice{Version: "2", ClientType: "client", Tenant: "a tenant"})
			if err != nil {
				t.Fatal(err)
			}
			c := compiler{spec: e.spec, file: e.file, is: is}
			flow := c.compile()
			compiled := c.template("deciding", text, at)
			if len(c.all()) > 0 {
				continue
			}
			v := &Values{Account: [][]byte{[]byte(user), []byte(password)}, Slots: [][]byte{[]byte(slot), []byte(slot), []byte(slot)}}
			out := compiled.Append(nil, v)
			switch {
			case at == inHeader && flow.CheckAccount(v.Account) == nil && bytes.ContainsAny(out, "\r\n\x00"):
				t.Errorf("header %q becomes %q", text, out)
			case at == inURL && strings.ContainsFunc(string(out), func(r rune) bool { return r <= ' ' || r > '~' || r == '#' || r == '?' }):
				t.Errorf("address %q becomes %q", text, out)
			case at == inConstant && !bytes.Equal(out, compiled.Append(nil, &Values{})):
				t.Errorf("constant %q depends on values", text)
			}
		}
	})
}

func BenchmarkEndpoints(b *testing.B) {
	for b.Loop() {
		builtin("endpoints", parseTested, endpointName)
	}
}
