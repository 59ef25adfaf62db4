package accounts

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func environment(name string) (string, bool) {
	value, ok := map[string]string{"PW": "hunter2", "EMPTY": ""}[name]
	return value, ok
}

// rows renders all accounts of a source.
func rows(s Source) [][]string {
	var out [][]string
	var scratch Scratch
	columns := make([]int, len(s.Columns()))
	for i := range columns {
		columns[i] = i
	}
	for i := range s.Count() {
		var row []string
		for _, f := range s.Fields(i, columns, &scratch) {
			row = append(row, string(f))
		}
		out = append(out, row)
	}
	return out
}

func TestReadCSV(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		columns    []string
		want       [][]string
	}{
		{"plain", "user,password\nann,p1\nbob,p2\n", []string{"user", "password"}, [][]string{{"ann", "p1"}, {"bob", "p2"}}},
		{"no last line end", "user,password\nann,p1", []string{"user", "password"}, [][]string{{"ann", "p1"}}},
		{"CRLF and a byte order mark", "\ufeffuser,password\r\nann,p1\r\n", []string{"user", "password"}, [][]string{{"ann", "p1"}}},
		{"quotes", "user,password\n\"a,n\"\"n\",\"p\n1\"\n", []string{"user", "password"}, [][]string{{`a,n"n`, "p\n1"}}},
		{"spaces stay, in names they go", " user , password\nann, p 1 \n", []string{"user", "password"}, [][]string{{"ann", " p 1 "}}},
		{"empty lines are skipped", "user,password\n\nann,p1\n\n", []string{"user", "password"}, [][]string{{"ann", "p1"}}},
		{"empty values", "user,password,tenant\nann,,t\n", []string{"user", "password", "tenant"}, [][]string{{"ann", "", "t"}}},
		{"columns of one's own", "client_id,client_secret,badge\na,b,c\n", []string{"client_id", "client_secret", "badge"}, [][]string{{"a", "b", "c"}}},
		{"environment", "user,password\nann,${env:PW}\nbob,x${env:PW}y${env:EMPTY}$${env:PW}\n", []string{"user", "password"}, [][]string{{"ann", "hunter2"}, {"bob", "xhunter2y${env:PW}"}}},
		{"other scripts", "user,password\nänne,пароль\n", []string{"user", "password"}, [][]string{{"änne", "пароль"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := ReadCSV(strings.NewReader(tt.text), "users.csv", environment)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.columns, l.Columns()); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.want, rows(l)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every mistake comes with its line, and nothing that a cell holds.
func TestBadCSV(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"empty", "", []string{"users.csv: is empty"}},
		{"only a mark", "\ufeff", []string{"users.csv: is empty"}},
		{"no account", "user,password\n", []string{"users.csv: holds no account"}},
		{"no header", "hunter2a,hunter2b\nhunter2c,hunter2d\n", []string{"users.csv:1: the first row must name the columns"}},
		{"nearly a name", "user,pasword\na,hunter2\n", []string{`users.csv:1: column 2 has an unknown name: did you mean "password"?`}},
		{"other case", "User,Password\na,hunter2\n", []string{`column 1 has an unknown name: did you mean "user"?`, `column 2 has an unknown name: did you mean "password"?`}},
		{"a dash", "client-id,client_secret\na,hunter2\n", []string{`did you mean "client_id"?`}},
		{"the same name twice", "user,password,user\na,hunter2,b\n", []string{"users.csv:1: column 3 has the name of column 1"}},
		{"a column without name", "user,password,\na,hunter2,b\n", []string{"users.csv:1: column 3 has no name"}},
		{"ragged rows", "user,password\na\nb,hunter2\nhunter2,d,e\n", []string{"users.csv:2: has 1 values, but there are 2 columns", "users.csv:4: has 3 values"}},
		{"a quote inside", "user,password\na,hunter2\"x\nb\n", []string{`users.csv:2: a " stands in a value`, "users.csv:3: has 1 values"}},
		{"an open quote", "user,password\na,\"hunter2\nb,c\n", []string{"users.csv:2: a quote that opens here"}},
		{"text after a quote", "user,password\na,\"hunter2\"x\nb\n", []string{"users.csv:2: a quoted value doesn't end", "users.csv:3: has 1"}},
		{"invalid UTF-8", "user,password\na,hunter2\xff\n", []string{"users.csv:2: column password: is not valid UTF-8"}},
		{"invalid UTF-8 in a name", "user,password,\xff\na,hunter2,b\n", []string{"users.csv:1: column 3: the name is not valid UTF-8"}},
		{"missing variables", "user,password\na,${env:NOPE}\nhunter2${env:NEITHER},${env:}\n", []string{
			"users.csv:2: column password: environment variable NOPE is not set",
			"users.csv:3: column user: environment variable NEITHER is not set",
			"users.csv:3: column password: a reference to the environment is written ${env:NAME}"}},
		{"many", "user,password\n" + strings.Repeat("hunter2\n", 30), []string{"users.csv:21: has 1", "and 10 more"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := ReadCSV(strings.NewReader(tt.text), "users.csv", environment)
			if err == nil {
				t.Fatalf("got %v", l)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got\n%v\nwant %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("a secret is shown: %v", err)
			}
			var faults *Faults
			if !errors.As(err, &faults) {
				t.Errorf("%T is no *Faults", err)
			}
		})
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

func TestReadCSVTellsOfTheDisk(t *testing.T) {
	if _, err := ReadCSV(brokenReader{}, "users.csv", environment); err == nil || !strings.Contains(err.Error(), "users.csv: disk on fire") {
		t.Errorf("got %v", err)
	}
}

func TestGenerate(t *testing.T) {
	for _, tt := range []struct {
		spec        string
		count       int
		first, last [2]string
	}{
		{"user{n}:pw{n}:1000000", 1_000_000, [2]string{"user1", "pw1"}, [2]string{"user1000000", "pw1000000"}},
		{"key{n:06}:s:12", 12, [2]string{"key000001", "s"}, [2]string{"key000012", "s"}},
		{"u{n}:p{n}:1001-2000", 1000, [2]string{"u1001", "p1001"}, [2]string{"u2000", "p2000"}},
		{"u{n}:a:b{n:03}::5", 5, [2]string{"u1", "a:b001:"}, [2]string{"u5", "a:b005:"}},
		{"u{n:02}x{n}@d:p:101", 101, [2]string{"u01x1@d", "p"}, [2]string{"u101x101@d", "p"}},
		{"ann:pw:1", 1, [2]string{"ann", "pw"}, [2]string{"ann", "pw"}},
		{"u{n}:{{x}}:2", 2, [2]string{"u1", "{{x}}"}, [2]string{"u2", "{{x}}"}},
		{"u{n}:p:0-1", 2, [2]string{"u0", "p"}, [2]string{"u1", "p"}},
	} {
		g, err := Generate(tt.spec)
		if err != nil || g.Count() != tt.count {
			t.Errorf("Generate(%q) = %v, %v, want %d accounts", tt.spec, g, err, tt.count)
			continue
		}
		var scratch Scratch
		for i, want := range map[int][2]string{0: tt.first, tt.count - 1: tt.last} {
			f := g.Fields(i, []int{0, 1, 2, 3, -1}, &scratch)
			got := [2]string{string(f[0]), string(f[1])}
			if got != want || string(f[2]) != want[0] || string(f[3]) != want[1] || len(f[4]) != 0 {
				t.Errorf("Generate(%q): account %d is %q, want %q", tt.spec, i, f, want)
			}
		}
	}
}

func TestBadPatterns(t *testing.T) {
	for spec, want := range map[string]string{
		"":                          "want USER:SECRET:COUNT",
		"user{n}":                   "want USER:SECRET:COUNT",
		"user{n}:hunter2":           "want USER:SECRET:COUNT",
		"user{n:03}":                "want USER:SECRET:COUNT",
		"u{n}:hunter2{n:06}":        "want USER:SECRET:COUNT",
		":hunter2:5":                "user part: is empty",
		"u{n}::5":                   "secret part: is empty",
		"user:hunter2:5":            "holds no {n}, so all accounts would be the same one",
		"u{n}:hunter2:":             "want a count",
		"u{n}:hunter2:x":            "want a count",
		"u{n}:hunter2:-5":           "want a count",
		"u{n}:hunter2:1e6":          "want a count",
		"u{n}:hunter2:99999999999":  "want a count",
		"u{n}:hunter2:0":            "must give at least one account",
		"u{n}:hunter2:9-8":          "must give at least one account",
		"u{n}:hunter2:0-2000000000": "at most",
		"u{n:6}:hunter2:5":          "user part: a place for the number is",
		"u{n}:hunter2{n:099}:5":     "secret part: a place for the number is",
		"u{name}:hunter2:5":         "user part: a place for the number is",
		"u{n:x}:{n:y}hunter2:z":     "user part",
	} {
		g, err := Generate(spec)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Generate(%q) = %v, %v, want %q", spec, g, err, want)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Generate(%q) shows a secret: %v", spec, err)
		}
	}
}

func TestExpand(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain $ {env} text": "plain $ {env} text",
		"${env:PW}": "hunter2", "a${env:PW}b${env:PW}": "ahunter2bhunter2",
		"$${env:PW}": "${env:PW}", "$$${env:PW}": "$${env:PW}", "${env:EMPTY}": "",
	} {
		if got, err := Expand(text, environment); got != want || err != nil {
			t.Errorf("Expand(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for _, bad := range []string{"${env:NOPE}", "${env:}", "${env:PW", "${env:a b}", "${env:1}"} {
		if got, err := Expand(bad, environment); err == nil {
			t.Errorf("Expand(%q) = %q, want an error", bad, got)
		}
	}
	if _, err := Expand("${env:NOPE}${env:PW}${env:NEITHER}", environment); err == nil ||
		!strings.Contains(err.Error(), "NOPE") || !strings.Contains(err.Error(), "NEITHER") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("two missing variables: %v", err)
	}
}

func TestResolve(t *testing.T) {
	l, err := ReadCSV(strings.NewReader("user,password\na,b\n"), "f", environment)
	if err != nil {
		t.Fatal(err)
	}
	columns, missing := Resolve(l, []string{"password", "tenant", "user"})
	if diff := cmp.Diff([]int{1, -1, 0}, columns); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"tenant"}, missing); diff != "" {
		t.Error(diff)
	}
	var scratch Scratch
	f := l.Fields(0, columns, &scratch)
	if string(f[0]) != "b" || len(f[1]) != 0 || string(f[2]) != "a" {
		t.Errorf("Fields = %q", f)
	}
	if (&List{}).Count() != 0 {
		t.Error("an empty list holds accounts")
	}
}

// Whatever is printed, no secret is.
func TestNothingPrintsSecrets(t *testing.T) {
	l, err := ReadCSV(strings.NewReader("user,password\nann,hunter2\n"), "f", environment)
	if err != nil {
		t.Fatal(err)
	}
	g, err := Generate("user{n}:hunter2{n}:10")
	if err != nil {
		t.Fatal(err)
	}
	var scratch Scratch
	g.Fields(0, []int{1}, &scratch)
	numbers := fmt.Sprint([]byte("hunter2"))
	numbers = numbers[1 : len(numbers)-1]
	for _, v := range []any{l, g, &scratch, NewPool(Lease, 10, 0, 1, 1), struct{ S Source }{g}, struct{ L *List }{l}, []Source{l, g}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			got := fmt.Sprintf(verb, v)
			if strings.Contains(got, "hunter2") || strings.Contains(got, numbers) || strings.Contains(got, fmt.Sprintf("%x", "hunter2")) {
				t.Errorf("%s of %T shows a secret: %s", verb, v, got)
			}
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("user,password\nann,hunter2\n")
	f.Add("\ufeffuser,\"pass\"\"word\"\r\na,\"b\nc\"\r\n")
	f.Add("user,password\na,${env:PW}\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ReadCSV(strings.NewReader(text), "f", environment)
		if err != nil {
			return
		}
		if l.Count() == 0 {
			t.Error("no account and no error")
		}
		for _, row := range rows(l) {
			if len(row) != len(l.Columns()) {
				t.Errorf("a row of %d values in %d columns", len(row), len(l.Columns()))
			}
		}
	})
}

func FuzzGenerate(f *testing.F) {
	f.Add("user{n}:pw{n:06}:1000")
	f.Add("u{n}:a:b:5-9")
	f.Fuzz(func(t *testing.T, spec string) {
		g, err := Generate(spec)
		user, _, ok := CutPattern(spec)
		if err != nil {
			return
		}
		if !ok || g.Count() < 1 {
			t.Errorf("Generate(%q) gives %d accounts, CutPattern %v", spec, g.Count(), ok)
		}
		var scratch Scratch
		fields := g.Fields(g.Count()-1, []int{0, 1}, &scratch)
		if len(fields[0]) == 0 || len(fields[1]) == 0 {
			t.Errorf("Generate(%q): the last account is %q of %s", spec, fields, user)
		}
	})
}
