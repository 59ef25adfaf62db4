package document

import (
	"bytes"
	"encoding/json"
	"reflect"
)

// Schemer is a [Decoder] that says what it accepts. The function given makes
// the schema of another type.
type Schemer interface {
	Schema(of func(reflect.Type) map[string]any) map[string]any
}

// Schema returns the JSON Schema (draft 2020-12) of what [File.Decode] accepts
// for the struct type of v. Descriptions come from `about` tags.
func Schema(id, title string, v any) []byte {
	s := schemas{defs: map[string]any{}}
	root := s.object(reflect.TypeOf(v))
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = id
	root["title"] = title
	root["$defs"] = s.defs
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false) // people read it, and it is full of < and >
	if err := encoder.Encode(root); err != nil {
		panic(err) // a map of strings, numbers and maps
	}
	return text.Bytes()
}

type schemas struct{ defs map[string]any }

// patterns of the scalars that are read as text.
const (
	durationPattern = `^(0|([0-9.]+(ns|us|µs|ms|s|m|h|d))+)$`
	sharePattern    = `^(0|[1-9][0-9]*)?(\.[0-9]+)?%?$`
)

func (s *schemas) of(t reflect.Type) map[string]any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch own := reflect.New(t).Interface().(type) {
	case Schemer:
		return own.Schema(s.of)
	case *Duration:
		return map[string]any{"anyOf": []any{
			map[string]any{"type": "string", "pattern": durationPattern},
			map[string]any{"const": 0},
		}}
	case *Share:
		return map[string]any{"anyOf": []any{
			map[string]any{"type": "string", "pattern": sharePattern},
			map[string]any{"type": "number", "minimum": 0, "maximum": 1},
		}}
	}
	if e, ok := reflect.Zero(t).Interface().(Enum); ok {
		return map[string]any{"enum": e.Known()}
	}
	switch t.Kind() {
	case reflect.Struct:
		if _, known := s.defs[t.Name()]; !known {
			s.defs[t.Name()] = true // a type may hold itself
			s.defs[t.Name()] = s.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.String:
		// Any single value will do: 2022 needs no quotes to be a version's name.
		return map[string]any{"type": []string{"string", "number", "boolean"}}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Interface:
		return map[string]any{}
	}
	return map[string]any{"type": "integer"}
}

func (s *schemas) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fieldsOf(t) {
		p := s.of(f.typ)
		if f.about != "" {
			p["description"] = f.about
		}
		properties[f.name] = p
		if f.required {
			required = append(required, f.name)
		}
	}
	out := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}
