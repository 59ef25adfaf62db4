package command

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"authsoak/spelling"
)

// arrange puts the words of a command line in the one order that the parser
// takes: the command's name, its flags as --name=value, and after -- the words
// that are no flags. So flags may stand anywhere, before the command too. Its
// error tells every wrong word at once, or is a [helpWanted].
func arrange(app *cli.App, words []string) ([]string, error) {
	l := line{flags: allFlags(app)}
	l.read(words)
	chain, rest, err := choose(app, l.plain)
	if err != nil {
		return nil, err
	}
	where := wordsOf(chain)
	if l.help {
		return nil, wantHelp(app, chain)
	}
	if problems := l.check(app, chain); len(problems) > 0 {
		return nil, &usageError{command: where, text: strings.Join(problems, "\n")}
	}
	if len(chain) > 0 && len(chain[len(chain)-1].Subcommands) > 0 {
		return nil, missing(chain[len(chain)-1], where)
	}
	out := []string{app.Name}
	for _, c := range chain {
		out = append(out, c.Name)
	}
	for _, f := range l.given {
		out = append(out, "--"+f.name+"="+f.value)
	}
	return append(append(out, "--"), rest...), nil
}

func missing(c *cli.Command, where string) error {
	var names []string
	for _, s := range c.Subcommands {
		names = append(names, s.Name)
	}
	return &usageError{command: where, text: fmt.Sprintf("%s needs one of: %s", where, strings.Join(names, ", "))}
}

// line is a command line taken apart.
type line struct {
	flags    map[string]cli.Flag // of all commands; those of one name take a value in all or none
	given    []given
	plain    []string // words that are no flags
	problems []string
	help     bool
}

// given is a flag as it was written.
type given struct{ name, value string }

func allFlags(app *cli.App) map[string]cli.Flag {
	all := map[string]cli.Flag{}
	var visit func(flags []cli.Flag, commands []*cli.Command)
	visit = func(flags []cli.Flag, commands []*cli.Command) {
		for _, f := range flags {
			all[f.Names()[0]] = f
		}
		for _, c := range commands {
			visit(c.Flags, c.Subcommands)
		}
	}
	visit(app.Flags, app.Commands)
	return all
}

func isBool(f cli.Flag) bool {
	_, ok := f.(*cli.BoolFlag)
	return ok
}

// dividing is the command in which -- stands between two lists, and ends no flags.
const dividing = "compare"

func (l *line) read(words []string) {
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "--" && len(l.plain) > 0 && l.plain[0] == dividing {
			l.plain = append(l.plain, word)
			continue
		}
		if word == "--" {
			l.plain = append(l.plain, words[i+1:]...)
			return
		}
		if len(word) < 2 || word[0] != '-' {
			l.plain = append(l.plain, word)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
		if name == "help" || name == "h" {
			l.help = true
			continue
		}
		flag, known := l.flags[name]
		if known && !hasValue && !isBool(flag) && i+1 < len(words) && !l.isFlag(words[i+1]) {
			i++
			value, hasValue = words[i], true
		}
		l.take(name, value, hasValue, flag)
	}
}

// isFlag tells a flag, or the end of flags, from a value that begins with a
// dash.
func (l *line) isFlag(word string) bool {
	name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "=")
	_, known := l.flags[name]
	return word == "--" || strings.HasPrefix(word, "-") && (known || name == "help")
}

// take notes a flag, whose meaning may be unknown as yet, and what is wrong
// with its value.
func (l *line) take(name, value string, hasValue bool, flag cli.Flag) {
	switch {
	case flag == nil:
	case isBool(flag) && !hasValue:
		value = "true"
	case isBool(flag):
		if _, err := strconv.ParseBool(value); err != nil {
			l.problems = append(l.problems, fmt.Sprintf("--%s is on or off: --%s or --%s=false, not --%s=%s", name, name, name, name, value))
		}
	case !hasValue:
		l.problems = append(l.problems, fmt.Sprintf("--%s needs a value", name))
	}
	l.given = append(l.given, given{name, value})
}

// choose finds the command that the plain words begin with.
func choose(app *cli.App, plain []string) (chain []*cli.Command, rest []string, err error) {
	if len(plain) > 0 && plain[0] == "help" {
		return choose(app, append(plain[1:len(plain):len(plain)], "--help"))
	}
	commands := app.Commands
	for len(commands) > 0 && len(plain) > 0 && plain[0] != "--help" {
		at := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.Name == plain[0] })
		if at < 0 {
			return nil, nil, unknownCommand(plain[0], wordsOf(chain), commands)
		}
		chain, plain = append(chain, commands[at]), plain[1:]
		commands = chain[len(chain)-1].Subcommands
	}
	if len(plain) > 0 && plain[len(plain)-1] == "--help" {
		return nil, nil, wantHelp(app, chain)
	}
	return chain, plain, nil
}

func unknownCommand(word, where string, commands []*cli.Command) error {
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	text := fmt.Sprintf("unknown command %q", strings.TrimSpace(where+" "+word))
	if near := spelling.Nearest(word, names); near != "" {
		text += fmt.Sprintf(": did you mean %q?", near)
	} else {
		text += ": there are " + strings.Join(names, ", ")
	}
	return &usageError{command: where, text: text}
}

func wordsOf(chain []*cli.Command) string {
	var words []string
	for _, c := range chain {
		words = append(words, c.Name)
	}
	return strings.Join(words, " ")
}

// check tells what is wrong with the flags for this command.
func (l *line) check(app *cli.App, chain []*cli.Command) []string {
	flags := app.Flags
	if len(chain) > 0 {
		flags = chain[len(chain)-1].Flags
	}
	problems := l.problems
	for _, g := range l.given {
		if !slices.ContainsFunc(flags, func(f cli.Flag) bool { return f.Names()[0] == g.name }) {
			problems = append(problems, l.unknownFlag(g.name, flags, app))
		}
	}
	return problems
}

func (l *line) unknownFlag(name string, flags []cli.Flag, app *cli.App) string {
	var names []string
	for _, f := range flags {
		names = append(names, f.Names()[0])
	}
	text := fmt.Sprintf("unknown flag --%s", name)
	if near := spelling.Nearest(name, names); near != "" {
		return text + fmt.Sprintf(": did you mean --%s?", near)
	}
	if _, elsewhere := l.flags[name]; !elsewhere {
		return text
	}
	var owners []string
	for _, c := range app.Commands {
		if slices.ContainsFunc(c.Flags, func(f cli.Flag) bool { return f.Names()[0] == name }) {
			owners = append(owners, "authsoak "+c.Name)
		}
	}
	return text + ": it belongs to " + strings.Join(owners, ", ")
}

// operands checks how many words that are no flags a command was given. most
// below 0 is any number.
func operands(c *cli.Context, least, most int) ([]string, error) {
	words := c.Args().Slice()
	takes := c.Command.HelpName[len("authsoak "):] + " " + c.Command.ArgsUsage
	switch {
	case len(words) < least:
		return nil, &usageError{commandOf(c), fmt.Sprintf("%s: an argument is missing: want %s", commandOf(c), takes)}
	case most >= 0 && len(words) > most:
		return nil, &usageError{commandOf(c), fmt.Sprintf("%s: unexpected argument %q: want %s", commandOf(c), words[most], strings.TrimSpace(takes))}
	}
	return words, nil
}

// commandOf is the command's words without the program's name.
func commandOf(c *cli.Context) string { return c.Command.HelpName[len("authsoak "):] }

// wrongUse makes a mistake of the command line of each error.
func wrongUse(c *cli.Context, errs ...error) error {
	if err := errors.Join(errs...); err != nil {
		return &usageError{commandOf(c), err.Error()}
	}
	return nil
}
