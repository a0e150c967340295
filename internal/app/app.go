// Package app is the app of this repository: from settings to stacks.
package app

import (
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/guard"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/node"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/shared"
	"example.com/shared-queue/spec"
)

// Run runs the program, ends jsii and exits: with status 0, or with status 1 after
// printing the error. A failed jsii call, which is a panic, is an error like any
// other. It does not return.
func Run(program func() error) {
	if err := cdk.Try(program); err != nil {
		fmt.Fprintln(os.Stderr, err)
		node.Exit(1)
	}
	node.Exit(0)
}

// New starts jsii's Node.js process and makes an app with the guard. Settings are
// read before: they take no jsii.
func New() (awscdk.App, error) {
	node.Start()
	app := awscdk.NewApp(nil)
	return app, guard.Enable(app)
}

// Define adds the stacks of all environments to the app.
func Define(app awscdk.App, environments []spec.Environment) error {
	for _, e := range environments {
		_, err := shared.NewStack(app, e.StackName(), &shared.StackProps{
			StackProps: stackProps(e, e.Account),
			Queue:      shared.QueueProps(e.Queue),
			Roles:      shared.Roles(e.Roles),
			Alarms:     shared.Alarms(e.Alarms),
		})
		if err != nil {
			return err
		}
		for _, p := range e.Publishers {
			if p.EveryAccount {
				if err := defineStackSet(app, e, p); err != nil {
					return err
				}
				continue
			}
			_, err := publisher.NewStack(app, e.PublisherStackName(p), &publisher.StackProps{
				StackProps: stackProps(e, p.Account),
				Role:       publisher.RoleProps(p.Role),
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// defineStackSet adds the stack of a publisher in every account to the app.
func defineStackSet(app awscdk.App, e spec.Environment, p spec.Publisher) error {
	_, err := publisher.NewStackSetStack(app, e.PublisherStackName(p), &publisher.StackSetStackProps{
		StackProps: stackProps(e, e.Organization.Account),
		RoleStackSet: publisher.RoleStackSetProps{
			Role:    publisher.RoleProps(p.Role),
			Senders: e.Queue.Senders,
			Options: publisher.StackSetOptions(e.Organization.Options),
		},
	})
	return err
}

// stackProps are the properties of an environment's stack in an account.
func stackProps(e spec.Environment, account string) awscdk.StackProps {
	tags := map[string]*string{}
	for key, value := range e.Tags {
		tags[key] = jsii.String(value)
	}
	return awscdk.StackProps{
		Env:  &awscdk.Environment{Account: &account, Region: jsii.String(string(e.Region))},
		Tags: &tags,
	}
}
