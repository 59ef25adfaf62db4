package driver

import (
	"context"
	"errors"
	"fmt"

	"authsoak/driver/scrape"
	"authsoak/results"
	"authsoak/scenario"
)

// sourcesOf are the endpoints that a plan wants asked.
func sourcesOf(plan *scenario.Plan) []scrape.Source {
	var out []scrape.Source
	for _, s := range plan.Scrapes {
		out = append(out, scrape.Source{URL: s.URL, Name: s.Name, Metrics: s.Metrics, Every: s.Every})
	}
	return out
}

// TryScrapes asks each endpoint of a plan once; the error names all that tell
// nothing.
func TryScrapes(ctx context.Context, plan *scenario.Plan) error {
	client := scrape.Client()
	defer client.CloseIdleConnections()
	var problems []error
	for _, s := range sourcesOf(plan) {
		if _, err := scrape.Read(ctx, client, &s); err != nil {
			problems = append(problems, fmt.Errorf("scrape %s: %w: check the URL and the metrics, or leave it out", s.Name, err))
		}
	}
	return errors.Join(problems...)
}

// scrapes are what the endpoints told since the last tick.
func (r *run) scrapes() (out []results.ScrapeInterval) {
	if r.scraper == nil {
		return nil
	}
	for _, reading := range r.scraper.Take() {
		s := results.ScrapeInterval{Line: results.ScrapeLine, At: reading.At.Sub(r.epoch).Seconds(), Source: reading.Source, Values: reading.Values}
		if reading.Err != nil {
			s.Problem = reading.Err.Error()
		}
		out = append(out, s)
	}
	return out
}

// startScrapes begins to ask the endpoints; the function returned ends it.
func (r *run) startScrapes() (stop func()) {
	sources := sourcesOf(r.plan)
	if len(sources) == 0 {
		return func() {}
	}
	r.scraper = scrape.Start(r.ctx, scrape.Client(), sources)
	return r.scraper.Close
}
