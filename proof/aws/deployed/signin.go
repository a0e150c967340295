package deployed

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/proof/aws/text"
	"example.com/shared-queue/proof/aws/trouble"
)

// SignIn signs in with each profile and asks AWS which account it is of. Each
// source needs a Region. The error says which profile, what happened and the
// cure; it is a *problem.Problem if a flag is wrong.
func SignIn(ctx context.Context, sources []profile.Source) (map[string]aws.Config, error) {
	profiles, names := map[string]aws.Config{}, map[string]string{}
	for _, source := range sources {
		config, err := profile.Load(ctx, source)
		if err != nil {
			return nil, err
		}
		account, err := signIn(ctx, &config, source.Endpoint)
		if err != nil {
			return nil, fmt.Errorf("-%s %s: %w", source.Flag, text.Name(source.Profile), trouble.Of(ctx, err))
		}
		if other, ok := names[account]; ok {
			p := problem.New(source.Profile, "one profile for an account", fmt.Sprintf("leave out %s or this one: both are of account %s", text.Name(other), account))
			p.Path = "-" + source.Flag
			return nil, p
		}
		profiles[account], names[account] = config, source.Profile
	}
	return profiles, nil
}

func signIn(ctx context.Context, config *aws.Config, endpoint string) (account string, err error) {
	if err := profile.SignIn(ctx, config); err != nil {
		return "", err
	}
	client := sts.NewFromConfig(*config, func(o *sts.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Account), nil
}
