// The app defines one stack for each shared account and one for each
// publisher, from the settings in cdk.json. It runs under the CDK CLI.
package main

import (
	"example.com/shared-queue/internal/app"
	"example.com/shared-queue/internal/app/settings"
)

func main() {
	app.Run(func() error {
		environments, err := settings.FromCLI()
		if err != nil {
			return err
		}
		stacks, err := app.New()
		if err != nil {
			return err
		}
		if err := app.Define(stacks, environments); err != nil {
			return err
		}
		app.Synth(stacks)
		return nil
	})
}
