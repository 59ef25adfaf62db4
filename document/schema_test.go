package document

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema("urn:test", "a sample", point{})))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("urn:test", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("urn:test")
	if err != nil {
		t.Fatal(err)
	}
	for text, valid := range map[string]bool{
		"{x: 1, y: 2.5}": true, "{x: 1}": true, "{x: 1.5}": false, "{x: a}": false, "{z: 1}": false, "[]": false,
	} {
		f, err := Parse("a.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(f.Plain()); (err == nil) != valid {
			t.Errorf("schema of %s: %v, want valid %v", text, err, valid)
		}
		if ps := f.Decode(&point{}); (len(ps) == 0) != valid {
			t.Errorf("Decode of %s: %v, want valid %v", text, ps, valid)
		}
	}
}

func TestSchemaText(t *testing.T) {
	type inner struct {
		Wait Duration `yaml:"wait" about:"how long, > 0"`
	}
	type outer struct {
		Name  string   `yaml:"name" document:"required"`
		Hue   colour   `yaml:"hue"`
		Inner []*inner `yaml:"inner"`
	}
	const want = `{
  "$defs": {
    "inner": {
      "additionalProperties": false,
      "properties": {
        "wait": {
          "anyOf": [
            {
              "pattern": "^(0|([0-9.]+(ns|us|µs|ms|s|m|h|d))+)$",
              "type": "string"
            },
            {
              "const": 0
            }
          ],
          "description": "how long, > 0"
        }
      },
      "type": "object"
    }
  },
  "$id": "urn:test",
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "additionalProperties": false,
  "properties": {
    "hue": {
      "enum": [
        "red",
        "green",
        "blue"
      ]
    },
    "inner": {
      "items": {
        "$ref": "#/$defs/inner"
      },
      "type": "array"
    },
    "name": {
      "type": [
        "string",
        "number",
        "boolean"
      ]
    }
  },
  "required": [
    "name"
  ],
  "title": "an outer",
  "type": "object"
}
`
	if got := string(Schema("urn:test", "an outer", outer{})); got != want {
		t.Errorf("got %s", got)
	}
}
