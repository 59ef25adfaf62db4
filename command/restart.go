package command

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/urfave/cli/v2"

	"authsoak/profiles"
	"authsoak/scenario"
)

// restartCommand is what restarts the target of a restart experiment, nil where
// somebody else does. It is split into words and run as it is: no shell sees it.
func (p *program) restartCommand(c *cli.Context, plan *scenario.Plan) (func(context.Context) error, error) {
	text := c.String("restart-command")
	if text == "" {
		return nil, nil
	}
	words, err := splitWords(text)
	switch {
	case err != nil:
		return nil, wrongUse(c, fmt.Errorf("--restart-command: %w", err))
	case plan.Experiment == nil || plan.Experiment.Kind != profiles.Restart:
		return nil, wrongUse(c, errors.New("--restart-command: the load is no restart: add --load restart"))
	case plan.Experiment.At <= plan.Warmup:
		return nil, wrongUse(c, errors.New("--restart-command: when? say it with --experiment at=1m, so that logins before it are known"))
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, wrongUse(c, fmt.Errorf("--restart-command: %w: it is run as it stands, without a shell", err))
	}
	plan.Experiment.Commanded = true
	if !c.Bool("quiet") {
		fmt.Fprintf(p.Err, "restart     %s with %d arguments, without a shell\n", path, len(words)-1)
	}
	return func(ctx context.Context) error {
		if err := runAside(ctx, path, words[1:]); err != nil {
			return fmt.Errorf("%s: %w", words[0], err)
		}
		return nil
	}, nil
}

// runAside runs a command until it ends, or until nobody waits any more: it then
// goes on by itself. Killed between stop and start, it would leave the target
// down; so it isn't, and an interrupt from the terminal doesn't reach it.
func runAside(ctx context.Context, path string, args []string) error {
	// What it prints may hold anything, and this goes into every report.
	command := exec.Command(path, args...)
	command.SysProcAttr = ofItsOwn()
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			return fmt.Errorf("%w: run it by hand to see what it says", err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("it has not ended (process %d) and was left to itself", command.Process.Pid)
	}
}

// splitWords splits a command line at spaces; quotes, single or double, keep them.
// There is nothing else in it that means anything.
func splitWords(text string) (words []string, err error) {
	var word strings.Builder
	var quote rune
	inside := false
	for _, r := range text {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inside = r, true
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	switch {
	case quote != 0:
		return nil, fmt.Errorf("a %c is not closed", quote)
	case inside:
		words = append(words, word.String())
	}
	if len(words) == 0 {
		return nil, errors.New("is empty")
	}
	return words, nil
}
