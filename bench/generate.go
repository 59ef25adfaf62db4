package main

import (
	"errors"
	"flag"
	"fmt"
	"sync"
	"time"
)

// client does one request of a session and returns the cookie the answer set,
// or the one it was given.
type client interface {
	do(method, path, cookie string) (string, error)
}

// generate runs cycles of login, calls and logout over a number of connections
// for a while. It judges nothing and records nothing.
func generate(args []string, dial func(address string) (client, error)) error {
	flags := flag.NewFlagSet("generate", flag.ExitOnError)
	address := flags.String("address", "127.0.0.1:7950", "the server")
	connections := flags.Int("connections", 50, "connections, one goroutine each")
	calls := flags.Int("calls", 8, "calls of a session")
	duration := flags.Duration("duration", 5*time.Second, "how long")
	flags.Parse(args)
	end := time.Now().Add(*duration)
	errs := make([]error, *connections)
	var group sync.WaitGroup
	for i := range *connections {
		group.Go(func() {
			c, err := dial(*address)
			for err == nil && time.Now().Before(end) {
				err = cycle(c, *calls)
			}
			errs[i] = err
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func cycle(c client, calls int) error {
	cookie, err := c.do("POST", "/login", "")
	if err == nil && cookie == "" {
		return errors.New("login set no cookie")
	}
	for range calls {
		if err == nil {
			cookie, err = c.do("GET", "/call", cookie)
		}
	}
	if err == nil {
		_, err = c.do("POST", "/logout", cookie)
	}
	if err != nil {
		return fmt.Errorf("cycle: %w", err)
	}
	return nil
}
