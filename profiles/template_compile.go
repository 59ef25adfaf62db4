package profiles

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"authsoak/spelling"
)

// place is where a template is used; it decides how a value may go in.
type place uint8

const (
	inHeader   place = iota // nothing that ends a field
	inURL                   // values go through url, form or suffix
	inBody                  // values go through a function
	inConstant              // only what is known beforehand
	inIdentity              // anything
)

// template compiles a text. What is known beforehand is folded into literals.
func (c *compiler) template(path, text string, at place) Template {
	var out Template
	rest := text
	for {
		literal, tail, found := strings.Cut(rest, "{{")
		c.literal(path, literal, at)
		out = appendLiteral(out, []byte(literal))
		if !found {
			return out
		}
		inner, after, closed := strings.Cut(tail, "}}")
		if !closed {
			c.bad(path, "has a {{ that is never closed with }}", "")
			return out
		}
		segment, ok := c.segment(path, inner, at)
		rest = after
		if !ok {
			continue
		}
		if slices.ContainsFunc(segment.Args, func(v Value) bool { return v.Kind != ConstValue }) {
			out = append(out, segment)
			continue
		}
		folded := Template{segment}.Append(nil, &Values{})
		if at == inHeader {
			c.literal(path, string(folded), at)
		}
		out = appendLiteral(out, folded)
	}
}

func appendLiteral(t Template, text []byte) Template {
	if len(text) == 0 {
		return t
	}
	if n := len(t); n > 0 && len(t[n-1].Args) == 0 {
		t[n-1].Literal = append(t[n-1].Literal, text...)
		return t
	}
	return append(t, Segment{Literal: slices.Clone(text)})
}

// constant compiles a text that must be known beforehand.
func (c *compiler) constant(path, text string) string {
	return string(c.template(path, text, inConstant).Append(nil, &Values{}))
}

// literal refuses what can't stand in that place as it is.
func (c *compiler) literal(path, text string, at place) {
	switch at {
	case inHeader:
		if i := strings.IndexAny(text, "\r\n\x00"); i >= 0 {
			c.bad(path, fmt.Sprintf("holds %q, which would end the header", text[i]), "")
		}
	case inURL:
		for _, r := range text {
			if r <= ' ' || r > '~' || strings.ContainsRune("\"#<>?\\^`{|}", r) {
				c.bad(path, fmt.Sprintf("holds %q, which a path or query can't: write it as %s, or use {{url …}}", r, appendPercent(nil, []byte(string(r)), "%20")), "")
				return
			}
		}
	}
}

// segment compiles what stands between {{ and }}.
func (c *compiler) segment(path, inner string, at place) (Segment, bool) {
	words := strings.Fields(inner)
	switch {
	case len(words) == 0:
		c.bad(path, "has {{}} with nothing in it", "")
		return Segment{}, false
	case len(words) == 1:
		if slices.Contains(templateFuncs, words[0]) {
			c.bad(path, fmt.Sprintf("function %s needs a value: {{%s NAME}}", words[0], words[0]), "")
			return Segment{}, false
		}
		value, ok := c.value(path, words[0])
		return c.bare(path, words[0], value, at), ok
	}
	f := Func(slices.Index(funcNames[:], words[0]))
	if !slices.Contains(templateFuncs, words[0]) {
		c.bad(path, fmt.Sprintf("%q is not a function", words[0]), spelling.Nearest(words[0], templateFuncs))
		return Segment{}, false
	}
	if want := map[bool]int{true: 2, false: 1}[f == Basic]; len(words)-1 != want {
		c.bad(path, fmt.Sprintf("function %s takes %d values, not %d", f, want, len(words)-1), "")
		return Segment{}, false
	}
	s := Segment{Func: f}
	ok := true
	for _, name := range words[1:] {
		value, found := c.value(path, name)
		ok = ok && found
		s.Args = append(s.Args, value)
	}
	if ok {
		c.fits(path, &s, at)
	}
	return s, ok
}

// templateFuncs are the functions a profile may name.
var templateFuncs = []string{"basic", "base64", "json", "xml", "url", "form", "suffix", "lower", "raw"}

// bare compiles {{NAME}}.
func (c *compiler) bare(path, name string, value Value, at place) Segment {
	s := Segment{Func: Raw, Args: []Value{value}}
	switch at {
	case inURL:
		c.bad(path, fmt.Sprintf("%s would go in as it is, and could change the address", name), "{{url "+name+"}}")
	case inBody:
		c.bad(path, fmt.Sprintf("%s would go in as it is: say json, xml, form, base64, or raw where that is meant", name), "")
	default:
		c.fits(path, &s, at)
	}
	return s
}

// fits holds a function against its place, and notes what an account's columns
// may not hold for it.
func (c *compiler) fits(path string, s *Segment, at place) {
	if at == inURL && s.Func != URL && s.Func != Form && s.Func != Suffix {
		c.bad(path, fmt.Sprintf("%s doesn't make a value fit for an address", s.Func), "url")
	}
	for i, v := range s.Args {
		if v.Kind == SlotValue && at == inHeader {
			switch s.Func {
			case Raw:
				s.Func = Field
			case Lower:
				c.bad(path, "lower doesn't keep an answer's line break out of a header", "")
			}
		}
		if at == inConstant && v.Kind != ConstValue {
			c.bad(path, "must be known beforehand: only client_type, tenant and settings may stand here", "")
		}
		if v.Kind != AccountValue {
			continue
		}
		switch {
		case at == inHeader && (s.Func == Raw || s.Func == Lower):
			c.limit(v.Index, headerText)
		case s.Func == Basic && i == 0:
			c.limit(v.Index, basicUser)
		case s.Func == JSON:
			c.limit(v.Index, unicodeText)
		case s.Func == XML:
			c.limit(v.Index, xmlText)
		}
	}
}

// accountNames are the columns that need no "account." before them.
var accountNames = []string{"user", "password", "client_id", "client_secret"}

// value resolves a name.
func (c *compiler) value(path, name string) (Value, bool) {
	kind, rest, dotted := strings.Cut(name, ".")
	switch {
	case name == "client_type":
		return constValue(c.is.clientType), true
	case name == "tenant" && c.is.tenantPerAccount:
		return Value{Kind: AccountValue, Index: c.column(name)}, true
	case name == "tenant":
		return constValue(c.is.tenant), true
	case slices.Contains(accountNames, name):
		return c.account(path, name)
	case dotted && kind == "account":
		return c.account(path, rest)
	case dotted && kind == "setting":
		if c.spec.setting(rest) == nil {
			c.bad(path, fmt.Sprintf("setting %q is not declared", rest), spelling.Nearest(rest, c.spec.settingNames()))
			return Value{}, false
		}
		return constValue(c.is.settings[rest]), true
	case dotted && (kind == "cookie" || kind == "capture"):
		return c.slotValue(path, name)
	}
	known := append([]string{"client_type", "tenant"}, accountNames...)
	for slot := range c.slots {
		known = append(known, slot)
	}
	for _, s := range c.spec.Settings {
		known = append(known, "setting."+s.Name)
	}
	slices.Sort(known)
	c.bad(path, fmt.Sprintf("%q is not a value", name), spelling.Nearest(name, known))
	return Value{}, false
}

func constValue(text string) Value {
	return Value{Kind: ConstValue, Const: bytes.Clone([]byte(text))}
}

func (c *compiler) account(path, column string) (Value, bool) {
	if !slices.Contains(c.method.Needs, column) {
		c.bad(path, fmt.Sprintf("the account column %q is not among the needs of method %s", column, c.method.Name),
			spelling.Nearest(column, c.method.Needs))
		return Value{}, false
	}
	if c.used != nil {
		c.used[c.method.Name+" "+column] = true
	}
	return Value{Kind: AccountValue, Index: c.column(column)}, true
}

func (c *compiler) slotValue(path, name string) (Value, bool) {
	if i, ok := c.slots[name]; ok {
		return Value{Kind: SlotValue, Index: i}, true
	}
	declared := c.declared()
	if slices.Contains(declared, name) {
		c.badHere(path, fmt.Sprintf("%s is used where its own when doesn't hold", name), "")
	} else {
		c.bad(path, fmt.Sprintf("%s is not declared", name), spelling.Nearest(name, declared))
	}
	return Value{}, false
}

// declared lists the slots' names as templates write them, active or not.
func (c *compiler) declared() []string {
	var names []string
	for _, k := range c.spec.Cookies {
		names = append(names, "cookie."+k.as())
	}
	for _, k := range c.spec.Captures {
		names = append(names, "capture."+k.Name)
	}
	return names
}
