package address

import (
	"fmt"
	"regexp"
	"strings"

	"example.com/shared-queue/internal/problem"
)

const (
	keyAliasPrefix = "alias/"

	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
	maxName = 80
	// https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
	maxAlias = 256 - len(keyAliasPrefix)
)

var (
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	// Every Region's code so far: letters, one or more words, a number.
	regionCode = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}$`)
	queueName  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	aliasName  = regexp.MustCompile(`^[A-Za-z0-9/_-]+$`)
)

// Check reports everything in q that AWS would refuse. The error has a line for
// each of region, account, queueName and keyAlias, with the value, what is
// allowed and the cure.
func (q Queue) Check() error {
	var problems problem.List
	problems.Add("region", q.Region.Check())
	problems.Add("account", CheckAccount(q.Account))
	problems.Add("queueName", checkName(q.Name))
	problems.Add("keyAlias", checkAlias(q.Alias))
	return problems.Err()
}

// Check reports a Region that does not have the form of one.
func (r Region) Check() error {
	if regionCode.MatchString(string(r)) {
		return nil
	}
	return problem.New(r, "a Region's code, like us-east-1", "take it from the list of AWS Regions")
}

// CheckAccount reports an account id that is not 12 digits.
func CheckAccount(id string) error {
	if accountID.MatchString(id) {
		return nil
	}
	return problem.New(id, "an account id of 12 digits", "write all 12, leading zeros too, in quotes")
}

func checkName(name string) error {
	longest := maxName - len(DeadLetterSuffix)
	switch {
	case !queueName.MatchString(strings.TrimSuffix(name, FIFOSuffix)):
		return problem.New(name, "letters, digits, - and _", "rename the queue")
	case len(name) > longest:
		return problem.New(name,
			fmt.Sprintf("at most %d characters, as the dead-letter queue adds %s and SQS takes %d", longest, DeadLetterSuffix, maxName),
			"shorten the name")
	}
	return nil
}

func checkAlias(alias string) error {
	switch {
	case strings.HasPrefix(alias, keyAliasPrefix):
		return problem.New(alias, "an alias without its prefix "+keyAliasPrefix, "remove "+keyAliasPrefix)
	case strings.HasPrefix(alias, "aws/"):
		return problem.New(alias, "an alias that does not begin with aws/, which is AWS's own", "choose another")
	case !aliasName.MatchString(alias):
		return problem.New(alias, "letters, digits, /, _ and -", "rename the alias")
	case len(alias) > maxAlias:
		return problem.New(alias, fmt.Sprintf("at most %d characters", maxAlias), "shorten the alias")
	}
	return nil
}
