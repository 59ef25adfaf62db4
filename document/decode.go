package document

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"authsoak/spelling"
)

// Enum is a string type with known values; the decoder refuses others.
type Enum interface{ Known() []string }

// Decoder is a type that reads its own value, because it can be written in
// more than one way.
type Decoder interface{ DecodeValue(v Value) Problems }

// InvalidText is the error of an UnmarshalText that knows what was meant.
type InvalidText struct{ Message, Hint string }

func (e *InvalidText) Error() string { return e.Message }

// Value is one value of a document, for a [Decoder].
type Value struct {
	file *File
	node *node
	path string
}

// Text returns the text of a single value.
func (v Value) Text() (text string, ok bool) {
	return v.node.text, v.node.kind == scalar && !v.node.null
}

// IsList tells that the value is a list.
func (v Value) IsList() bool { return v.node.kind == list }

// IsMapping tells that the value is a mapping.
func (v Value) IsMapping() bool { return v.node.kind == mapping }

// Path returns where the value stands in its document.
func (v Value) Path() string { return v.path }

// Decode stores the value in what into points to.
func (v Value) Decode(into any) Problems {
	d := decoding{file: v.file}
	d.value(v.node, reflect.ValueOf(into).Elem(), v.path)
	return d.problems
}

// Problem makes a problem at the value.
func (v Value) Problem(message, hint string) Problem {
	return v.file.at(v.node.line, v.node.col, v.path, message, hint)
}

// Decode stores the document in the struct that into points to and returns
// every mistake, sorted. Field names are those of the `yaml` tag, or else the
// field's name in lower case, and a key tagged `document:"required"` may not be
// left out; what else the document doesn't hold stays as it was.
func (f *File) Decode(into any) Problems {
	d := decoding{file: f, problems: slices.Clone(f.problems)}
	if f.Empty() {
		d.problems = append(d.problems, f.at(1, 1, "", "the document is empty", ""))
	} else {
		d.value(f.root, reflect.ValueOf(into).Elem(), "")
	}
	return d.problems.Sort()
}

// decoding is the work of one Decode.
type decoding struct {
	file     *File
	problems Problems
}

func (d *decoding) refuse(n *node, path, message, hint string) {
	d.problems = append(d.problems, d.file.at(n.line, n.col, path, message, hint))
}

func (d *decoding) value(n *node, into reflect.Value, path string) {
	if n.null {
		d.refuse(n, path, "has no value: give it one or leave it out", "")
		return
	}
	if into.Kind() == reflect.Pointer {
		if into.IsNil() {
			into.Set(reflect.New(into.Type().Elem()))
		}
		d.value(n, into.Elem(), path)
		return
	}
	if own, ok := into.Addr().Interface().(Decoder); ok {
		d.problems = append(d.problems, own.DecodeValue(Value{d.file, n, path})...)
		return
	}
	if text, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
		d.text(n, text, path)
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		d.fields(n, into, path)
	case reflect.Map:
		d.table(n, into, path)
	case reflect.Slice:
		d.list(n, into, path)
	case reflect.Interface:
		into.Set(reflect.ValueOf(n.plainValue()))
	default:
		d.scalar(n, into, path)
	}
}

func (d *decoding) is(n *node, want kind, path string) bool {
	if n.kind == want {
		return true
	}
	d.refuse(n, path, fmt.Sprintf("must be %s, but is %s", want, n.kind), "")
	return false
}

func (d *decoding) text(n *node, into encoding.TextUnmarshaler, path string) {
	if !d.is(n, scalar, path) {
		return
	}
	err := into.UnmarshalText([]byte(n.text))
	if err == nil {
		return
	}
	hint := ""
	if known := new(InvalidText); errors.As(err, &known) {
		hint = known.Hint
	}
	d.refuse(n, path, err.Error(), hint)
}

func (d *decoding) fields(n *node, into reflect.Value, path string) {
	if !d.is(n, mapping, path) {
		return
	}
	fields := fieldsOf(into.Type())
	for _, e := range n.entries {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == e.key })
		if i < 0 {
			message := "is not a known key"
			if n.flow && e.value.null {
				message += ": inside { } a text that holds a comma needs quotes"
			}
			d.problems = append(d.problems, d.file.at(e.line, e.col, join(path, e.key), message, spelling.Nearest(e.key, names(fields))))
			continue
		}
		d.value(e.value, into.FieldByIndex(fields[i].index), join(path, e.key))
	}
	for _, f := range fields {
		if f.required && n.entry(f.name) == nil {
			d.problems = append(d.problems, d.file.at(n.line, n.col, join(path, f.name), "is missing", ""))
		}
	}
}

func (d *decoding) table(n *node, into reflect.Value, path string) {
	if !d.is(n, mapping, path) {
		return
	}
	into.Set(reflect.MakeMapWithSize(into.Type(), len(n.entries)))
	for _, e := range n.entries {
		value := reflect.New(into.Type().Elem()).Elem()
		d.value(e.value, value, join(path, e.key))
		into.SetMapIndex(reflect.ValueOf(e.key).Convert(into.Type().Key()), value)
	}
}

func (d *decoding) list(n *node, into reflect.Value, path string) {
	if !d.is(n, list, path) {
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		d.value(item, into.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

// field is one key of a struct.
type field struct {
	name     string
	about    string // what the schema says about it
	required bool
	typ      reflect.Type
	index    []int
}

func names(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

// fieldsOf lists the keys of a struct, those of inlined structs among them.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if strings.Contains(options, "inline") {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				out = append(out, inner)
			}
			continue
		}
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = strings.ToLower(f.Name)
		}
		out = append(out, field{name, f.Tag.Get("about"), f.Tag.Get("document") == "required", f.Type, []int{i}})
	}
	return out
}
