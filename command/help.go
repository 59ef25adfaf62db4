package command

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"
)

// helpWanted is the answer to a question for help. It is an error so that
// nothing else is done.
type helpWanted struct{ text string }

func (h *helpWanted) Error() string { return "help" }

// wantHelp is the help of a command, or of the program.
func wantHelp(app *cli.App, chain []*cli.Command) error {
	if len(chain) > 0 {
		return &helpWanted{helpOf(chain)}
	}
	return &helpWanted{helpOfAll(app)}
}

// Widths of a help text.
const (
	helpWidth  = 80
	flagColumn = 32
)

const firstSteps = `
first steps
  authsoak run                            a demonstration on this machine
  authsoak run --target octane=URL --accounts users.csv --load smoke
  authsoak profiles list                  the servers authsoak knows

exit codes
  0    pass
  1    a threshold, a session rule or a comparison failed
  2    wrong use or configuration
  3    invalid: what was measured can't be relied on
  130  interrupted, after a clean stop

authsoak COMMAND --help tells about a command. Flags may stand anywhere.
`

func helpOfAll(app *cli.App) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\nauthsoak COMMAND [FLAGS] [ARGUMENTS]\n\ncommands\n", app.Name, app.Usage)
	writeCommands(&b, app.Commands)
	b.WriteString(firstSteps)
	return b.String()
}

func writeCommands(b *strings.Builder, commands []*cli.Command) {
	for _, c := range commands {
		hang(b, fmt.Sprintf("  %-14s", c.Name), 16, c.Usage)
	}
}

// helpOf is the help of the last command of the chain.
func helpOf(chain []*cli.Command) string {
	c := chain[len(chain)-1]
	var b strings.Builder
	words := "authsoak " + wordsOf(chain)
	fmt.Fprintf(&b, "%s: %s\n\n", words, c.Usage)
	synopsis := words
	if len(c.Subcommands) > 0 {
		synopsis += " COMMAND"
	}
	if len(c.Flags) > 0 {
		synopsis += " [FLAGS]"
	}
	fmt.Fprintln(&b, strings.TrimSpace(synopsis+" "+c.ArgsUsage))
	if c.Description != "" {
		b.WriteString("\n" + strings.TrimSpace(c.Description) + "\n")
	}
	if len(c.Subcommands) > 0 {
		b.WriteString("\ncommands\n")
		writeCommands(&b, c.Subcommands)
	}
	writeFlags(&b, c.Flags)
	if c.UsageText != "" {
		b.WriteString("\nexamples\n")
		for l := range strings.Lines(strings.TrimSpace(c.UsageText) + "\n") {
			b.WriteString("  " + strings.TrimLeft(l, "\t"))
		}
	}
	return b.String()
}

// writeFlags lists the visible flags, by category in the order in which each
// comes up first.
func writeFlags(b *strings.Builder, flags []cli.Flag) {
	var order []string
	groups := map[string][]cli.DocGenerationFlag{}
	for _, f := range flags {
		if v, ok := f.(cli.VisibleFlag); ok && !v.IsVisible() {
			continue
		}
		category := "flags"
		if k, ok := f.(cli.CategorizableFlag); ok && k.GetCategory() != "" {
			category = k.GetCategory()
		}
		if groups[category] == nil {
			order = append(order, category)
		}
		groups[category] = append(groups[category], f.(cli.DocGenerationFlag))
	}
	for _, category := range order {
		b.WriteString("\n" + category + "\n")
		for _, f := range groups[category] {
			place, about := placeholder(f.GetUsage())
			hang(b, fmt.Sprintf("  %-*s", flagColumn-2, "--"+strings.TrimSpace(f.(cli.Flag).Names()[0]+" "+place)), flagColumn, about)
		}
	}
}

// placeholder takes a usage apart: what stands in backquotes names the value.
func placeholder(usage string) (place, about string) {
	before, rest, found := strings.Cut(usage, "`")
	if !found {
		return "", usage
	}
	place, after, _ := strings.Cut(rest, "`")
	return place, strings.TrimSpace(before + after)
}

// hang writes text beside a label of the given width, on the next line where
// the label is wider, and wrapped.
func hang(b *strings.Builder, label string, width int, text string) {
	label = strings.TrimRight(label, " ")
	if len(strings.TrimLeft(label, "\n")) >= width {
		b.WriteString(label + "\n")
		label = ""
	}
	at := width
	fmt.Fprintf(b, "%-*s", width+strings.Count(label, "\n"), label)
	for i, word := range strings.Fields(text) {
		if i > 0 && at+1+utf8.RuneCountInString(word) > helpWidth {
			b.WriteString("\n" + strings.Repeat(" ", width))
			at = width
		} else if i > 0 {
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += utf8.RuneCountInString(word)
	}
	b.WriteByte('\n')
}
