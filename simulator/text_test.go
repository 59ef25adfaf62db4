package simulator

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
)

func leaves(d document) (out string) {
	for _, l := range d.leaves {
		out += fmt.Sprintf("%s=%s|", l.name, l.value)
	}
	return out
}

func TestReadJSON(t *testing.T) {
	tests := []struct {
		text    string
		lenient bool
		want    string
		ok      bool
	}{
		{`{}`, false, "", true},
		{`{"a":"b","c":true,"d":-1.5e3,"e":null}`, false, "a=b|c=true|d=-1.5e3|e=null|", true},
		{` { "a" : "\u00e9\"\\/\n" } `, false, "a=é\"\\/\n|", true},
		{`{"r":{"a":"b"},"c":"d"}`, false, "a=b|c=d|", true},
		{`{a:b,"c":d}`, true, "a=b|c=d|", true},
		{`{clientId: x-y@Z.com, secret: a:b c }`, true, "clientId=x-y@Z.com|secret=a:b c|", true},
		{`{a:b}`, false, "", false},
		{`{"a":b}`, false, "", false},
		{`{"a":"b",}`, false, "", false},
		{`{"a":"b"} x`, false, "", false},
		{`{"a":"b`, false, "", false},
		{`["a"]`, false, "", false},
		{strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), false, "", false},
		{``, true, "", false},
	}
	for _, tt := range tests {
		got, ok := readJSON([]byte(tt.text), tt.lenient)
		if ok != tt.ok || ok && leaves(got) != tt.want {
			t.Errorf("readJSON(%.60q, %v) = %q, %v; want %q, %v", tt.text, tt.lenient, leaves(got), ok, tt.want, tt.ok)
		}
	}
}

func TestReadXML(t *testing.T) {
	tests := []struct {
		text, root, space, want string
		declared, ok            bool
	}{
		{`<r><a>b</a><c/></r>`, "r", "", "a=b|c=|", false, true},
		{"<?xml version='1.0'?>\r\n<r>\r\n<a>&lt;&#65;&#x42;&amp;</a>\r\n</r>\r\n", "r", "", "a=<AB&|", true, true},
		{`<r xmlns="urn:x"><a k=">">b</a></r>`, "r", "urn:x", "a=b|", false, true},
		{`<p:r xmlns:p='urn:x'><p:a><![CDATA[<&>]]></p:a></p:r>`, "r", "urn:x", "a=<&>|", false, true},
		{`<r><!-- <a>x</a> --><a>b<!-- c -->d</a></r>`, "r", "", "a=bd|", false, true},
		{`<r>t</r>`, "r", "", "r=t|", false, true},
		{`<r><a>b</r></a>`, "", "", "", false, false},
		{`<r>`, "", "", "", false, false},
		{`<r/><r/>`, "", "", "", false, false},
		{`text<r/>`, "", "", "", false, false},
		{`<r>&x;</r>`, "", "", "", false, false},
		{`<!DOCTYPE r [<!ENTITY x "y">]><r>&x;</r>`, "", "", "", false, false},
		{``, "", "", "", false, false},
	}
	for _, tt := range tests {
		got, ok := readXML([]byte(tt.text))
		if ok != tt.ok || ok && (leaves(got) != tt.want || string(got.root) != tt.root ||
			string(got.namespace) != tt.space || got.declared != tt.declared) {
			t.Errorf("readXML(%q) = %s (%s) %q, %v", tt.text, got.root, got.namespace, leaves(got), ok)
		}
	}
}

func TestAppendCookies(t *testing.T) {
	tests := map[string]string{
		"a=b; c=d":       "a=b|c=d|",
		"a=b;c=d":        "a=b|c=d|",
		"":               "",
		";OCTANE_USER=x": "OCTANE_USER=x|",
		`$Version=0; LWSSO_COOKIE_KEY=tok..; $Path=/qcbin`:                          "LWSSO_COOKIE_KEY=tok..|",
		"JSESSIONIDSSO=a+/=;Version=1; Path=/, JSESSIONID=b.n:s;Version=1; Path=/x": "JSESSIONIDSSO=a+/=|JSESSIONID=b.n:s|",
		`a="b;c,d"; e="f`:               `a=b;c,d|e="f|`,
		"a=; =b; c":                     "a=|",
		"A=1; a=2; HttpOnly; Max-Age=3": "A=1|a=2|",
	}
	for header, want := range tests {
		got := ""
		for _, c := range appendCookies(nil, []byte(header)) {
			got += string(c.name) + "=" + string(c.value) + "|"
		}
		if got != want {
			t.Errorf("cookies of %q = %q, want %q", header, got, want)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, `{"a":{"b":"\u0041"},"c":1}`, `{a:b}`, `{"a":tru}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		readJSON(text, true)
		got, ok := readJSON(text, false)
		var flat map[string]string
		if err := json.Unmarshal(text, &flat); err != nil || flat == nil {
			return
		}
		if !ok {
			t.Skip() // duplicate or odd texts that only encoding/json forgives
		}
		for name, value := range flat {
			last := ""
			for _, l := range got.leaves {
				if string(l.name) == name {
					last = string(l.value)
				}
			}
			if last != value && !(value == "" && last == "null") && !strings.Contains(string(text), `\`) {
				t.Errorf("%q: %s = %q, encoding/json reads %q", text, name, last, value)
			}
		}
	})
}

func FuzzReadXML(f *testing.F) {
	for _, seed := range []string{`<r><a>b</a></r>`, `<?xml version="1.0"?><r xmlns="u"><a>&lt;</a><b/></r>`, `<r><![CDATA[x]]></r>`} {
		f.Add([]byte(seed))
	}
	type child struct {
		XMLName xml.Name
		Text    string `xml:",chardata"`
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, ok := readXML(text)
		var want struct {
			XMLName  xml.Name
			Children []child `xml:",any"`
		}
		if err := xml.Unmarshal(text, &want); err == nil && ok && want.XMLName.Local != string(got.root) {
			t.Errorf("%q: root %s, encoding/xml reads %s", text, got.root, want.XMLName.Local)
		}
	})
}

func FuzzCookies(f *testing.F) {
	f.Add([]byte(`a=b; $Version=1, c="d;e"`))
	f.Fuzz(func(t *testing.T, header []byte) {
		for _, c := range appendCookies(nil, header) {
			if len(c.name) == 0 || c.name[0] == '$' {
				t.Errorf("%q: cookie named %q", header, c.name)
			}
		}
	})
}

func FuzzTokens(f *testing.F) {
	srv, err := New(Options{Seed: 1})
	if err != nil {
		f.Fatal(err)
	}
	x := &exchange{srv: srv, now: 5_000_000}
	for i := range 4 {
		f.Add(uint8(i), 3, byte('A'), srv.sealer.appendToken(nil, &x.scratch, form(i), x.ticketFor(ref{1, 2}, kindALM)))
	}
	f.Fuzz(func(t *testing.T, which uint8, at int, c byte, value []byte) {
		kind := form(which % 4)
		x.readToken(kind, kindALM, value)
		srv.readSession(x, value)
		token := srv.sealer.appendToken(nil, &x.scratch, kind, x.ticketFor(ref{uint32(at), uint32(c)}, kindALM))
		got, ok := x.readToken(kind, kindALM, token)
		if !ok || got.index != uint32(at) || got.serial != uint32(c) || got.issued != 5000 {
			t.Fatalf("round trip = %+v, %v", got, ok)
		}
		place := int(uint(at) % uint(len(token)))
		if old := token[place]; old != c {
			token[place] = c
			if _, ok := x.readToken(kind, kindALM, token); ok {
				t.Errorf("character %d may change from %q to %q", place, old, c)
			}
		}
	})
}
