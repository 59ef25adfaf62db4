package profiles

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"authsoak/document"
	"authsoak/spelling"
)

// when is a list of terms, all of which must hold. One term needs no list.
type when []string

const whenAbout = "only where all of these hold: csrf, !client_type, tenant, version >= 2021, version = 2022|2023, method != basic, setting.NAME"

// DecodeValue reads a term or a list of terms.
func (w *when) DecodeValue(v document.Value) document.Problems {
	return scalarOrList((*[]string)(w), v)
}

// Schema describes what DecodeValue accepts.
func (when) Schema(of func(reflect.Type) map[string]any) map[string]any {
	s := orList(of(reflect.TypeFor[string]()))
	s["description"] = whenAbout
	return s
}

func scalarOrList(into *[]string, v document.Value) document.Problems {
	if text, ok := v.Text(); ok {
		*into = []string{text}
		return nil
	}
	return v.Decode(into)
}

func orList(item map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{item, map[string]any{"type": "array", "items": item}}}
}

// oneOrMore is a value, or a list of such values.
type oneOrMore[T any] struct {
	items []T
	list  bool
}

// DecodeValue reads one value or a list.
func (o *oneOrMore[T]) DecodeValue(v document.Value) document.Problems {
	if o.list = v.IsList(); o.list {
		return v.Decode(&o.items)
	}
	o.items = make([]T, 1)
	return v.Decode(&o.items[0])
}

// Schema describes what DecodeValue accepts.
func (oneOrMore[T]) Schema(of func(reflect.Type) map[string]any) map[string]any {
	return orList(of(reflect.TypeFor[T]()))
}

// path returns where item i stands.
func (o *oneOrMore[T]) path(base string, i int) string {
	if o.list {
		return fmt.Sprintf("%s[%d]", base, i)
	}
	return base
}

// bodySpec is a body: one text, or parts that are joined.
type bodySpec struct {
	parts []bodyPart
	list  bool
}

type bodyPart struct {
	When when   `yaml:"when"`
	Text string `yaml:"text" document:"required" about:"a template"`
}

// DecodeValue reads a text or a list of parts.
func (b *bodySpec) DecodeValue(v document.Value) document.Problems {
	if text, ok := v.Text(); ok {
		b.parts = []bodyPart{{Text: text}}
		return nil
	}
	b.list = true
	return v.Decode(&b.parts)
}

// Schema describes what DecodeValue accepts.
func (bodySpec) Schema(of func(reflect.Type) map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{
		of(reflect.TypeFor[string]()),
		of(reflect.TypeFor[[]bodyPart]()),
	}}
}

// cookieChoice is all, none, or some cookies.
type cookieChoice struct {
	word  string
	names []string
}

// DecodeValue reads all, none, or a list of names.
func (c *cookieChoice) DecodeValue(v document.Value) document.Problems {
	text, ok := v.Text()
	if !ok {
		return v.Decode(&c.names)
	}
	c.word = text
	if text != "all" && text != "none" {
		return document.Problems{v.Problem(fmt.Sprintf("must be all, none, or a list of cookies, not %q", text),
			spelling.Nearest(text, []string{"all", "none"}))}
	}
	return nil
}

// Schema describes what DecodeValue accepts.
func (cookieChoice) Schema(of func(reflect.Type) map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"enum": []string{"all", "none"}},
		of(reflect.TypeFor[[]string]()),
	}}
}

// jsonPath is the way to a member of a JSON value.
type jsonPath []string

// DecodeValue reads names joined by dots, or a list of names.
func (p *jsonPath) DecodeValue(v document.Value) document.Problems {
	if text, ok := v.Text(); ok {
		*p = strings.Split(text, ".")
		return nil
	}
	return v.Decode((*[]string)(p))
}

// Schema describes what DecodeValue accepts.
func (jsonPath) Schema(of func(reflect.Type) map[string]any) map[string]any {
	return orList(of(reflect.TypeFor[string]()))
}

// statusSpec is an accepted status, perhaps a conditional one.
type statusSpec struct {
	When   when `yaml:"when"`
	Status int  `yaml:"status" document:"required" about:"the status"`
}

// DecodeValue reads a number or a mapping.
func (s *statusSpec) DecodeValue(v document.Value) document.Problems {
	type plain statusSpec
	if !v.IsMapping() {
		return v.Decode(&s.Status)
	}
	return v.Decode((*plain)(s))
}

// Schema describes what DecodeValue accepts.
func (statusSpec) Schema(of func(reflect.Type) map[string]any) map[string]any {
	type conditionalStatus statusSpec
	return map[string]any{"anyOf": []any{of(reflect.TypeFor[int]()), of(reflect.TypeFor[conditionalStatus]())}}
}

// statusRange is one status, or with low = 100 × n a whole hundred, or any (0).
type statusRange struct{ low, high int }

// UnmarshalText reads 404 or 5xx.
func (s *statusRange) UnmarshalText(text []byte) error {
	t := string(text)
	if hundred, ok := strings.CutSuffix(t, "xx"); ok && len(hundred) == 1 && hundred >= "1" && hundred <= "5" {
		s.low = int(hundred[0]-'0') * 100
		s.high = s.low + 99
		return nil
	}
	n, err := strconv.Atoi(t)
	if err != nil || !validStatus(n) {
		return fmt.Errorf("must be a status like 401, or 5xx, not %q", t)
	}
	s.low, s.high = n, n
	return nil
}

// Schema describes what UnmarshalText accepts.
func (statusRange) Schema(func(reflect.Type) map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"type": "integer", "minimum": 100, "maximum": 599},
		map[string]any{"type": "string", "pattern": "^[1-5]xx$"},
	}}
}

func validStatus(n int) bool { return n >= 100 && n <= 599 }
