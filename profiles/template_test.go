package profiles

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// apply renders one function of one or two account values.
func apply(f Func, values ...string) string {
	v := &Values{}
	s := Segment{Func: f}
	for i, x := range values {
		v.Account = append(v.Account, []byte(x))
		s.Args = append(s.Args, Value{Index: i})
	}
	return string(Template{s}.Append(nil, v))
}

func TestFunctions(t *testing.T) {
	for _, test := range []struct {
		f         Func
		in, want  string
		otherwise []string
	}{
		{f: Suffix, in: "webadmin", want: "d2ViYWRtaW4X"},
		{f: Suffix, in: "abc", want: "YWJj"},
		{f: Suffix, in: "load", want: "bG9hZAXX"},
		{f: Suffix, in: "a", want: "YQXX"},
		{f: Suffix, in: "ALI_IDEA_plugin", want: "QUxJX0lERUFfcGx1Z2lu"},
		{f: Suffix, in: "ALM Web Client UI", want: "QUxNIFdlYiBDbGllbnQgVUkX"},
		{f: Suffix, in: "REST client", want: "UkVTVCBjbGllbnQX"},
		{f: Suffix, in: "", want: ""},
		{f: Suffix, in: "\xff\xfe\xff", want: "__7_"},
		{f: JSON, in: "a\"b\\c\n\r\t\x01/é\u2028", want: `a\"b\\c\n\r\t\u0001/é` + "\u2028"},
		{f: JSON, in: "\xff", want: "\ufffd"},
		{f: XML, in: "<a&'\">\r\n\t", want: "&lt;a&amp;&#39;&#34;&gt;&#13;&#10;&#9;"},
		{f: XML, in: "\x01\uffff\xff", want: "\ufffd\ufffd\ufffd"},
		{f: URL, in: "a b+c/é~", want: "a%20b%2Bc%2F%C3%A9~"},
		{f: Form, in: "a b+c&", want: "a+b%2Bc%26"},
		{f: Lower, in: "ÄB\xffc", want: "äb\xffc"},
		{f: Raw, in: "a\r\nb", want: "a\r\nb"},
		{f: Field, in: "a\r\nb\x00", want: "a  b "},
		{f: Base64, in: "ab", want: "YWI="},
	} {
		if got := apply(test.f, test.in); got != test.want {
			t.Errorf("%s %q = %q, want %q", test.f, test.in, got, test.want)
		}
	}
}

// TestWhole: whatever UTF-8 a password holds, a server reads the same.
func TestWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hard := rapid.SampledFrom([]rune(":\"'<>&\\\n\r\t %+=;{}é漢\U0001F600\x00\x1f\u2028"))
		password := rapid.OneOf(rapid.String(), rapid.StringOf(hard)).Draw(t, "password")
		user := strings.ReplaceAll(rapid.String().Draw(t, "user"), ":", "")

		basic, ok := strings.CutPrefix(apply(Basic, user, password), "Basic ")
		pair, err := base64.StdEncoding.DecodeString(basic)
		if u, p, _ := strings.Cut(string(pair), ":"); !ok || err != nil || u != user || p != password {
			t.Errorf("basic gives %q and %q, %v", u, p, err)
		}
		var fromJSON string
		if err := json.Unmarshal([]byte(`"`+apply(JSON, password)+`"`), &fromJSON); err != nil || fromJSON != password {
			t.Errorf("json gives %q, %v", fromJSON, err)
		}
		if xmlText.unmet([]byte(password)) == "" {
			var text string
			if err := xml.Unmarshal([]byte("<a>"+apply(XML, password)+"</a>"), &text); err != nil || text != password {
				t.Errorf("xml gives %q, %v", text, err)
			}
			var element struct {
				A string `xml:"a,attr"`
			}
			if err := xml.Unmarshal([]byte(`<e a="`+apply(XML, password)+`"/>`), &element); err != nil || element.A != password {
				t.Errorf("xml attribute gives %q, %v", element.A, err)
			}
		}
		if form, err := url.ParseQuery("p=" + apply(Form, password)); err != nil || form.Get("p") != password {
			t.Errorf("form gives %q, %v", form.Get("p"), err)
		}
		if path, err := url.PathUnescape(apply(URL, password)); err != nil || path != password {
			t.Errorf("url gives %q, %v", path, err)
		}
		if query, err := url.QueryUnescape(apply(URL, password)); err != nil || query != password {
			t.Errorf("url in a query gives %q, %v", query, err)
		}
	})
}

// TestWellFormed: bytes that are no text leave the document around them whole.
func TestWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := string(rapid.SliceOf(rapid.Byte()).Draw(t, "x"))
		if text := `"` + apply(JSON, x) + `"`; !json.Valid([]byte(text)) || !utf8.ValidString(text) {
			t.Errorf("json gives %q", text)
		}
		var out string
		if err := xml.Unmarshal([]byte("<a>"+apply(XML, x)+"</a>"), &out); err != nil {
			t.Errorf("xml gives %q: %v", apply(XML, x), err)
		}
		if suffix := apply(Suffix, x); suffix != strings.ReplaceAll(base64.URLEncoding.EncodeToString([]byte(x)), "=", "X") || x != "" && !token(suffix) {
			t.Errorf("suffix gives %q", suffix)
		}
		if apply(Base64, x) != base64.StdEncoding.EncodeToString([]byte(x)) {
			t.Errorf("base64 gives %q", apply(Base64, x))
		}
		if strings.ContainsAny(apply(Field, x), "\r\n\x00") {
			t.Errorf("field gives %q", apply(Field, x))
		}
	})
}

func TestMissingValues(t *testing.T) {
	tmpl := Template{
		{Literal: []byte("<")}, {Args: []Value{{Index: 3}}}, {Args: []Value{{Kind: SlotValue, Index: 3}}, Func: JSON},
		{Args: []Value{{Kind: ConstValue, Const: []byte("c")}}}, {Literal: []byte(">")},
	}
	if got := string(tmpl.Append([]byte("x"), &Values{})); got != "x<c>" {
		t.Errorf("Append with no values = %q, want x<c>", got)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	var tmpl Template
	for f := Raw; f <= Lower; f++ {
		s := Segment{Func: f, Args: []Value{{Index: 0}}}
		if f == Basic {
			s.Args = append(s.Args, Value{Kind: SlotValue})
		}
		tmpl = append(tmpl, Segment{Literal: []byte("text ")}, s)
	}
	v := &Values{Account: [][]byte{[]byte("Üser \"<name>\"\n")}, Slots: [][]byte{[]byte(strings.Repeat("päss:word ", 20))}}
	buf := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { buf = tmpl.Append(buf[:0], v) }); n != 0 {
		t.Errorf("Append allocates %v times", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	flow, err := endpoint(b, "octane").Compile(Choice{Method: "json"})
	if err != nil {
		b.Fatal(err)
	}
	v := &Values{Account: [][]byte{[]byte("user-000001"), []byte("a \"secret\" word")}}
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = flow.Login.Requests[0].Body.Append(buf[:0], v)
	}
}
