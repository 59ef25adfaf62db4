package command

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/urfave/cli/v2"

	"authsoak/document"
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
	if !c.Bool("quiet") {
		fmt.Fprintf(p.Err, "restart     %s with %d arguments, without a shell, %s after the start\n", path, len(words)-1, document.Duration(plan.Experiment.At))
	}
	return func(ctx context.Context) error {
		// What it prints may hold anything, and this goes into every report.
		if err := exec.CommandContext(ctx, path, words[1:]...).Run(); err != nil {
			return fmt.Errorf("%s: %w: run it by hand to see what it says", words[0], err)
		}
		return nil
	}, nil
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
