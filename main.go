// The app defines one stack for each shared account and one for each
// publisher, from the settings in cdk.json. It runs under the CDK CLI.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/internal/jsiirun"
	"example.com/shared-queue/internal/settings"
	"example.com/shared-queue/publisher"
	"example.com/shared-queue/shared"
	"example.com/shared-queue/shared/address"
	"example.com/shared-queue/shared/guard"
)

func main() {
	jsiirun.Main(func() error {
		environments, err := settings.FromCLI()
		if err != nil {
			return err
		}
		app := awscdk.NewApp(nil)
		if err := guard.Enable(app); err != nil {
			return err
		}
		if err := define(app, environments); err != nil {
			return err
		}
		app.Synth(nil)
		return nil
	})
}

// define adds the stacks of every environment to the app.
func define(app awscdk.App, environments []settings.Environment) error {
	for _, e := range environments {
		_, err := shared.NewStack(app, e.StackName(), &shared.StackProps{
			StackProps: awscdk.StackProps{Env: env(e.Account, e.Region)},
			Queue:      e.Queue,
		})
		if err != nil {
			return err
		}
		for _, p := range e.Publishers {
			_, err := publisher.NewStack(app, e.PublisherStackName(p), &publisher.StackProps{
				StackProps: awscdk.StackProps{Env: env(p.Account, e.Region)},
				Role:       p.Role,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func env(account string, region address.Region) *awscdk.Environment {
	return &awscdk.Environment{Account: &account, Region: jsii.String(string(region))}
}
