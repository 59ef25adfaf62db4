package check

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	// Porcupine decides linearizability: a search through the orders of a
	// history that remembers what it has seen (Lowe, CCPE 2017), with a limit
	// of time and a picture of the outcome. The problem is NP-complete, and a
	// checker of our own would have to be proven right first.
	"github.com/anishathalye/porcupine"

	"authsoak/rules"
)

// machine is the session model in the checker's terms.
func machine(m rules.SessionModel, count int) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return rules.States(0) },
		Step: func(state, input, _ any) (bool, any) {
			next, ok := m.Step(state.(rules.States), input.(*rules.Operation))
			return ok, next
		},
		DescribeOperation: func(input, _ any) string { return describe(input.(*rules.Operation)) },
		DescribeState:     func(state any) string { return describeStates(state.(rules.States), count) },
	}
}

// inputs are a history's operations for the checker. One that may never have
// ended does so after all others: the order is all that counts.
func inputs(h rules.History) []porcupine.Operation {
	end := int64(0)
	for _, o := range h.Operations {
		end = max(end, o.Invoked)
		if o.Returned != rules.Forever {
			end = max(end, o.Returned)
		}
	}
	out := make([]porcupine.Operation, len(h.Operations))
	for i := range h.Operations {
		o := &h.Operations[i]
		out[i] = porcupine.Operation{ClientId: o.Client, Input: o, Call: o.Invoked, Return: min(o.Returned, end+1)}
	}
	return out
}

// checker returns a checker that gives up after the limit: one that is asked
// several questions about a history has it for each.
func checker(limit time.Duration) func(rules.SessionModel, rules.History) rules.Legality {
	return func(m rules.SessionModel, h rules.History) rules.Legality {
		verdict := rules.Legal
		for _, family := range h.Families(m) {
			switch porcupine.CheckOperationsTimeout(machine(m, 0), inputs(family), limit) {
			case porcupine.Illegal:
				return rules.Illegal
			case porcupine.Unknown:
				verdict = rules.Undecided
			}
		}
		return verdict
	}
}

// picture draws a history as a page that opens in a browser without a network.
func picture(m rules.SessionModel, h rules.History, limit time.Duration) ([]byte, error) {
	h.Operations = slices.Clone(h.Operations)
	start := h.Operations[0].Invoked
	count := 0
	for i := range h.Operations {
		o := &h.Operations[i]
		o.Invoked -= start
		if o.Returned != rules.Forever {
			o.Returned -= start
		}
		count = max(count, o.Session+1, o.Opens+1)
	}
	model := machine(m, count)
	_, info := porcupine.CheckOperationsVerbose(model, inputs(h), limit)
	var page bytes.Buffer
	if err := porcupine.Visualize(model, info, &page); err != nil {
		return nil, err
	}
	return page.Bytes(), nil
}

var actNames = [...]string{rules.ActLogin: "login", rules.ActCall: "call", rules.ActRefresh: "refresh",
	rules.ActLogout: "logout", rules.ActLoginAgain: "login again"}

var answerNames = [...]string{rules.AnswerUnknown: "unknown", rules.AnswerAccepted: "accepted", rules.AnswerRefused: "refused"}

// describe writes an operation in one line.
func describe(o *rules.Operation) string {
	text := actNames[o.Act]
	if o.Session != rules.None {
		text += " " + cookieName(o.Session, o.Cookie)
	}
	return text + ": " + describeOutcome(o)
}

func describeOutcome(o *rules.Operation) string {
	text := answerNames[o.Outcome]
	switch {
	case o.Opens != rules.None && o.Opens == o.Session:
		text += ", keeps " + cookieName(o.Opens, 0)
	case o.Opens != rules.None:
		text += ", opens " + cookieName(o.Opens, 0)
	case o.Reissue > 0:
		text += ", sets " + cookieName(o.Session, o.Reissue)
	}
	return text
}

// cookieName is the letter of a session, with a mark for each renewal of its
// cookie.
func cookieName(session, cookie int) string {
	name := string(rune('A' + session%26))
	if session >= 26 {
		name += "2"
	}
	if cookie > 3 {
		return fmt.Sprintf("%s'%d", name, cookie)
	}
	return name + strings.Repeat("'", cookie)
}

func describeStates(s rules.States, count int) string {
	names := [...]string{rules.Absent: "absent", rules.Live: "live", rules.Dead: "dead", rules.Uncertain: "?"}
	parts := make([]string, count)
	for i := range parts {
		parts[i] = cookieName(i, 0) + " " + names[s.Of(i)]
	}
	return strings.Join(parts, ", ")
}
