package document

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"authsoak/spelling"
)

// scalar stores a single value in a string, number or boolean.
func (d *decoding) scalar(n *node, into reflect.Value, path string) {
	if !d.is(n, scalar, path) {
		return
	}
	switch into.Kind() {
	case reflect.String:
		into.SetString(n.text)
		if e, ok := into.Interface().(Enum); ok {
			d.enum(n, e.Known(), path)
		}
	case reflect.Bool:
		switch n.text {
		case "true", "false":
			into.SetBool(n.text == "true")
		default:
			d.refuse(n, path, fmt.Sprintf("must be true or false, not %q", clip(n.text)), truth[strings.ToLower(n.text)])
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		i, err := strconv.ParseInt(n.text, 10, into.Type().Bits())
		if !d.number(n, err, "a whole number", path) {
			return
		}
		into.SetInt(i)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		u, err := strconv.ParseUint(n.text, 10, into.Type().Bits())
		if !d.number(n, err, "a whole number, not negative", path) {
			return
		}
		into.SetUint(u)
	case reflect.Float32, reflect.Float64:
		f, err := parseFloat(n.text)
		if !d.number(n, err, "a number", path) {
			return
		}
		into.SetFloat(f)
	default:
		panic("document: no way to decode into " + into.Type().String())
	}
}

var truth = map[string]string{
	"yes": "true", "on": "true", "y": "true", "1": "true", "true": "true",
	"no": "false", "off": "false", "n": "false", "0": "false", "false": "false",
}

func (d *decoding) enum(n *node, known []string, path string) {
	for _, k := range known {
		if n.text == k {
			return
		}
	}
	d.refuse(n, path, fmt.Sprintf("must be %s, not %q", oneOf(known), clip(n.text)), spelling.Nearest(n.text, known))
}

func oneOf(known []string) string {
	if len(known) == 1 {
		return known[0]
	}
	return "one of " + strings.Join(known, ", ")
}

// number reports what is wrong with a number, if anything. A leading zero
// means octal to one YAML reader and decimal to the next.
func (d *decoding) number(n *node, err error, want, path string) bool {
	if zeros(n.text) {
		d.refuse(n, path, fmt.Sprintf("must not begin with a zero: %s would be octal to some readers", clip(n.text)),
			strings.TrimLeft(n.text, "+0"))
		return false
	}
	if err != nil {
		d.refuse(n, path, fmt.Sprintf("must be %s, not %q", want, clip(n.text)), "")
		return false
	}
	return true
}

// zeros tells that a number is written with a leading zero.
func zeros(text string) bool {
	text = strings.TrimLeft(text, "+-")
	return len(text) > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9'
}

// parseFloat reads a finite decimal number; hexadecimal and underscores are
// not for configuration.
func parseFloat(text string) (float64, error) {
	if strings.ContainsAny(text, "xX_pPiInN") {
		return 0, strconv.ErrSyntax
	}
	f, err := strconv.ParseFloat(text, 64)
	if err == nil && (math.IsInf(f, 0) || math.IsNaN(f)) {
		err = strconv.ErrRange
	}
	return f, err
}

// clip keeps a message readable, whatever a file holds.
func clip(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// plainValue returns the value as encoding/json would decode it.
func (n *node) plainValue() any {
	switch {
	case n.kind == mapping:
		out := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			out[e.key] = e.value.plainValue()
		}
		return out
	case n.kind == list:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.plainValue()
		}
		return out
	case n.null:
		return nil
	case n.plain && (n.text == "true" || n.text == "false"):
		return n.text == "true"
	case n.plain && n.text != "" && strings.ContainsRune("+-.0123456789", rune(n.text[0])) && !zeros(n.text):
		if f, err := parseFloat(n.text); err == nil {
			return f
		}
	}
	return n.text
}

// Plain returns the document as encoding/json would decode it: nil, bool,
// float64, string, []any and map[string]any.
func (f *File) Plain() any {
	if f.root == nil {
		return nil
	}
	return f.root.plainValue()
}
