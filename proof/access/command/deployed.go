package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/aws/deployed"
	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/world"
)

// reportDeployed reads what is in force and reports on that.
func reportDeployed(ctx context.Context, o options, by *evaluate.Evaluator, templates input, stdout, stderr io.Writer, code profile.Code) (int, error) {
	ask, err := o.ask(ctx, templates.app, code)
	if err != nil {
		return 0, err
	}
	if !slices.ContainsFunc(templates.app.Queues, func(q *asked.Queue) bool { return q.Path != "" && isAsked(ask, q.At.Account) }) {
		return 0, errors.New("no -profile is of an account that owns a shared queue: name one that is")
	}
	w, notes := Deployed(ctx, ask, templates.app)
	notes = append(notes, access.Differences(templates.world, w)...)
	status, err := report(o, by, access.NewMatrix(templates.app, w), stdout, stderr)
	if err != nil {
		return 0, err
	}
	for _, note := range notes {
		fmt.Fprintln(stderr, note)
	}
	return status, nil
}

// ask signs in with the profiles.
func (o options) ask(ctx context.Context, app *asked.App, code profile.Code) (deployed.Ask, error) {
	region := ""
	if len(app.Queues) > 0 {
		region = string(app.Queues[0].At.Region)
	}
	source := func(flag, name string) profile.Source {
		return profile.Source{Flag: flag, Profile: name, Region: region, Endpoint: o.endpoint, Code: code}
	}
	if err := profile.CheckEndpoint(o.endpoint); err != nil {
		return deployed.Ask{}, err
	}
	var sources []profile.Source
	for _, name := range o.profiles {
		sources = append(sources, source("profile", name))
	}
	ask := deployed.Ask{Endpoint: o.endpoint}
	var err error
	if ask.Profiles, err = deployed.SignIn(ctx, sources); err != nil || o.organization == "" {
		return ask, err
	}
	configs, err := deployed.SignIn(ctx, []profile.Source{source("organization-profile", o.organization)})
	for _, config := range configs {
		ask.Organization = &config
	}
	return ask, err
}

// Deployed reads what is in force of all that the app asked for, in the accounts that
// there are profiles for. Notes say what was not looked at.
func Deployed(ctx context.Context, ask deployed.Ask, app *asked.App) (w *world.World, notes []string) {
	var skipped, unasked []string
	for _, q := range app.Queues {
		if q.Path != "" {
			if isAsked(ask, q.At.Account) {
				ask.Queues = append(ask.Queues, q.At)
			} else {
				unasked = append(unasked, q.At.ARN())
			}
		}
		for _, g := range slices.Concat(q.Publishers, q.Workers) {
			if isAsked(ask, g.Account()) && len(g.OUs) == 0 {
				ask.Roles = append(ask.Roles, g.ARN)
			} else {
				skipped = append(skipped, g.ARN)
			}
		}
	}
	w = deployed.Read(ctx, ask)
	w.Unasked = slices.Concat(skipped, unasked)
	// Of a role that a policy names, its own policies do not matter: it is asked about as
	// if they allowed everything.
	w.Unknown = slices.DeleteFunc(w.Unknown, func(u world.Unknown) bool { return isElsewhere(u.What, ask) })
	for _, arn := range unasked {
		notes = append(notes, "not looked at: "+arn+", for whose account there is no profile")
	}
	slices.Sort(skipped)
	for _, arn := range slices.Compact(skipped) {
		notes = append(notes, "not looked at: the policies of "+arn+", for whose account there is no profile")
	}
	if ask.Organization == nil {
		notes = append(notes, "not looked at: service and resource control policies; -organization-profile reads them")
	}
	return w, notes
}

// isAsked reports whether there is a profile for the account.
func isAsked(ask deployed.Ask, account string) bool {
	_, ok := ask.Profiles[account]
	return ok
}

// isElsewhere reports whether the ARN is that of a role or user of an account without a
// profile.
func isElsewhere(arn string, ask deployed.Ask) bool {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[2] != "iam" {
		return false
	}
	return !isAsked(ask, parts[4])
}
