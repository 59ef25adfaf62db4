package document

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// Limits on a document. A configuration stays far below them; an attack
// (aliases that double at each level, endless nesting) meets them early.
const (
	MaxBytes = 4 << 20 // of a file
	maxDepth = 64      // of nesting
	maxNodes = 200_000 // after aliases are put in
)

type kind uint8

const (
	scalar kind = iota
	list
	mapping
)

func (k kind) String() string {
	return [...]string{"a single value", "a list", "a mapping (key: value)"}[k]
}

// node is one value of a document with its aliases resolved.
type node struct {
	kind      kind
	line, col int
	text      string // of a scalar, as written
	plain     bool   // the scalar has neither quotes nor a tag
	null      bool
	flow      bool    // written in { } or [ ]
	entries   []entry // of a mapping, in order
	items     []*node // of a list
}

// entry is one key of a mapping.
type entry struct {
	key       string
	line, col int
	value     *node
}

func (n *node) entry(key string) *entry {
	if n == nil {
		return nil
	}
	for i := range n.entries {
		if n.entries[i].key == key {
			return &n.entries[i]
		}
	}
	return nil
}

// builder turns the library's nodes into ours.
type builder struct {
	file  *File
	nodes int
}

// build returns nil where a limit is passed; the problem is then noted.
func (b *builder) build(y *yaml.Node, path string, depth int) *node {
	if b.nodes++; b.nodes > maxNodes {
		if b.nodes == maxNodes+1 {
			b.note(y.Line, y.Column, path, fmt.Sprintf("holds more than %d values once its aliases are put in", maxNodes), "")
		}
		return nil
	}
	if depth > maxDepth {
		b.note(y.Line, y.Column, path, fmt.Sprintf("is nested more than %d deep, or holds itself", maxDepth), "")
		b.nodes = maxNodes + 1 // once is enough
		return nil
	}
	n := &node{line: y.Line, col: y.Column, flow: y.Style&yaml.FlowStyle != 0}
	switch y.Kind {
	case yaml.AliasNode:
		if target := b.build(y.Alias, path, depth+1); target != nil {
			*n = *target
			n.line, n.col = y.Line, y.Column
			return n
		}
		return nil
	case yaml.SequenceNode:
		n.kind = list
		for i, item := range y.Content {
			if built := b.build(item, fmt.Sprintf("%s[%d]", path, i), depth+1); built != nil {
				n.items = append(n.items, built)
			}
		}
	case yaml.MappingNode:
		n.kind = mapping
		b.mapping(n, y, path, depth)
	default:
		n.text = y.Value
		n.null = y.ShortTag() == "!!null"
		n.plain = y.Style == 0
	}
	return n
}

func (b *builder) mapping(n *node, y *yaml.Node, path string, depth int) {
	seen := make(map[string]int, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		k := y.Content[i]
		if k.Kind != yaml.ScalarNode {
			b.note(k.Line, k.Column, path, "a key must be a plain word", "")
			continue
		}
		at := join(path, k.Value)
		if k.ShortTag() == "!!merge" {
			b.note(k.Line, k.Column, at, "merging keys with << is not supported: write them out", "")
			continue
		}
		if line, dup := seen[k.Value]; dup {
			b.note(k.Line, k.Column, at, fmt.Sprintf("is given twice, first in line %d", line), "")
			continue
		}
		seen[k.Value] = k.Line
		if v := b.build(y.Content[i+1], at, depth+1); v != nil {
			n.entries = append(n.entries, entry{k.Value, k.Line, k.Column, v})
		}
	}
}

func (b *builder) note(line, col int, path, message, hint string) {
	b.file.problems = append(b.file.problems, Problem{Position{b.file.Name, line, col}, path, message, hint})
}
