package guard_test

import "strings"

// Services act for whoever tells them to.
var services = func() []template {
	var list []template
	sns := func(elements string) string {
		return send(over(`"Principal": {"Service": "sns.amazonaws.com"}, "Condition": {}`, elements)[1:][:len(over(`"Principal": {"Service": "sns.amazonaws.com"}, "Condition": {}`, elements))-2])
	}
	snsKey := func(elements string) string {
		return use(over(`"Principal": {"Service": "sns.amazonaws.com"}, "Condition": {}`, elements)[1:][:len(over(`"Principal": {"Service": "sns.amazonaws.com"}, "Condition": {}`, elements))-2])
	}
	for name, operators := range map[string]string{
		"no condition":                             ``,
		"a source of any account":                  `"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:*:*"}`,
		"a source with an account of any":          `"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:topic"}`,
		"a source that may be any":                 `"StringLike": {"aws:SourceArn": "*"}`,
		"a source whose account a wildcard jumps":  `"StringLike": {"aws:SourceArn": "arn:aws:*:111111111111:topic"}`,
		"a source of a parameter":                  `"ArnEquals": {"aws:SourceArn": {"Ref": "Topic"}}`,
		"a source with the account of a parameter": `"ArnEquals": {"aws:SourceArn": {"Fn::Sub": "arn:aws:sns:us-east-1:${Account}:topic"}}`,
		"sources, of which one is any":             `"ArnLike": {"aws:SourceArn": ["arn:aws:sns:us-east-1:111111111111:t", "arn:aws:sns:*:*:*"]}`,
		"a source if there is one":                 `"ArnEqualsIfExists": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}`,
		"a source but one":                         `"ArnNotEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}`,
		"some source":                              `"Null": {"aws:SourceArn": "false"}`,
		"the caller's own source":                  `"StringEquals": {"aws:SourceArn": "${aws:SourceArn}"}`,
		"ForAllValues of a source":                 `"ForAllValues:StringEquals": {"aws:SourceAccount": "111111111111"}`,
		"an account with a wildcard":               `"StringLike": {"aws:SourceAccount": "1111*"}`,
		"an account of a parameter":                `"StringEquals": {"aws:SourceAccount": {"Ref": "Account"}}`,
		"the caller's own account":                 `"StringEquals": {"aws:SourceAccount": "${aws:SourceAccount}"}`,
		"an organization with a wildcard":          `"StringLike": {"aws:SourceOrgID": "o-*"}`,
		"paths next to a sibling":                  `"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev*"}`,
		"ForAllValues of paths":                    `"ForAllValues:StringLike": {"aws:SourceOrgPaths": "o-abc1234567/*"}`,
		"an organization of principals":            `"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}`,
		"any bucket":                               `"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}`,
		"a bucket that a custom resource looks up": `"ArnLike": {"aws:SourceArn": {"Fn::Sub": "arn:aws:s3:::${LookUp.Bucket}"}}`,
		"a bucket that SSM has":                    `"ArnLike": {"aws:SourceArn": {"Fn::Join": ["", ["arn:aws:s3:::", {"Fn::GetAtt": ["Written", "Value"]}]]}}`,
		"the bucket of a parameter":                `"ArnLike": {"aws:SourceArn": {"Fn::Sub": "arn:aws:s3:::${Name}"}}`,
		"the queue in the encryption context":      `"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": "arn:aws:sqs:us-east-1:111111111111:q"}`,
	} {
		list = append(list, keyWith("a service uses the key with "+name, snsKey(`"Condition": {`+operators+`}`), "Guard-Source.Use"))
		if name != "the queue in the encryption context" {
			list = append(list, queueWith("a service sends with "+name, sns(`"Condition": {`+operators+`}`), "Guard-Source.Send"))
		}
	}
	for name, operators := range map[string]string{
		"a source":                                     `"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}`,
		"sources of one account":                       `"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111111111111:*"}`,
		"a source of the template":                     `"ArnEquals": {"aws:SourceArn": {"Ref": "SomeTopic"}}`,
		"a source by Fn::Sub":                          `"ArnEquals": {"aws:SourceArn": {"Fn::Sub": "${SomeTopic}"}}`,
		"a source of another stack":                    `"ArnEquals": {"aws:SourceArn": {"Fn::ImportValue": "Topic"}}`,
		"a source of the stack's account":              `"ArnLike": {"aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${Name}"}}`,
		"a source of the stack's account, by Fn::Join": `"ArnLike": {"aws:SourceArn": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":sns:", {"Ref": "AWS::Region"}, ":", {"Ref": "AWS::AccountId"}, ":", {"Ref": "Name"}]]}}`,
		"a bucket":                                     `"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:bucket"}`,
		"a bucket of the template":                     `"ArnLike": {"aws:SourceArn": {"Fn::GetAtt": ["Bucket", "Arn"]}}`,
		"a bucket by Fn::Join":                         `"ArnLike": {"aws:SourceArn": {"Fn::Join": ["", ["arn:aws:s3:::", {"Ref": "Bucket"}]]}}`,
		"a bucket by Fn::Sub":                          `"ArnLike": {"aws:SourceArn": {"Fn::Sub": "arn:aws:s3:::${Bucket}"}}`,
		"an account":                                   `"StringEquals": {"aws:SourceAccount": "111111111111"}`,
		"the stack's account":                          `"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}`,
		"accounts by StringLike":                       `"StringLike": {"AWS:sourceaccount": ["111111111111", "222222222222"]}`,
		"an organization":                              `"StringEquals": {"aws:SourceOrgID": "o-abc1234567"}`,
		"paths of an organization":                     `"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"}`,
	} {
		list = append(list,
			queueWith("a service may send with "+name, sns(`"Condition": {`+operators+`}`)),
			keyWith("a service may use the key with "+name, snsKey(`"Condition": {`+operators+`}`)))
	}
	return append(list,
		queueWith("two services, and a role", sns(`"Principal": {"Service": ["events.amazonaws.com", "s3.amazonaws.com"], "AWS": "arn:aws:iam::222222222222:root"}`), "Guard-Source.Send"),
		queueWith("a service of a parameter", sns(`"Principal": {"Service": {"Ref": "Service"}}`), "Guard-Source.Send"),
		queueWith("a service may do all", sns(`"Action": "sqs:*"`), "Guard-Source.Send"),
		queueWith("a service may do all but one", `{"Sid": "Send", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "NotAction": "sqs:DeleteQueue", "Resource": `+arn+`}`, "Guard-Source.Send"),
		queueWith("a service receives", sns(`"Action": "sqs:ReceiveMessage"`), "Guard-Source.Send"),
		queueWith("a service reads about the queue", sns(`"Action": ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"]`)),
		queueWith("every service", sns(`"Principal": {"Service": "*"}`), "Guard-Organization.Send", "Guard-Source.Send"),
		keyWith("a service reads about the key", snsKey(`"Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:DescribeKey"`)),
		keyWith("a service makes grants for resources", snsKey(`"Principal": {"Service": "dnssec-route53.amazonaws.com"}, "Action": "kms:CreateGrant", "Condition": {"Bool": {"kms:GrantIsForAWSResource": true}}`)),
		keyWith("the statement of AWS for CloudTrail Lake", snsKey(`"Principal": {"Service": ["cloudtrail.amazonaws.com"]}, "Action": ["kms:GenerateDataKey", "kms:Decrypt"]`)),
		keyWith("CloudTrail encrypts with the key", snsKey(`"Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["kms:GenerateDataKey", "kms:Encrypt"]`), "Guard-Source.Use"),
		keyWith("CloudTrail and another service", snsKey(`"Principal": {"Service": ["cloudtrail.amazonaws.com", "sns.amazonaws.com"]}, "Action": "kms:Decrypt"`), "Guard-Source.Use"),
		keyWith("AWS's statements for DNSSEC", snsKey(`"Principal": {"Service": "dnssec-route53.amazonaws.com"}, "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"]`)),
		keyWith("CloudTrail's default statement on aliases", use(`"Principal": {"AWS": "*"}, "Action": "kms:CreateAlias", "Condition": {"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com", "kms:CallerAccount": "111111111111"}}`)),
		queueWith("an account without quotes, as in YAML", send(`"Principal": {"AWS": 222222222222}, "Condition": {}`)),
		queueWith("a service for an account without quotes", sns(`"Condition": {"StringEquals": {"aws:SourceAccount": 111111111111}}`)),
		keyWith("a service administers the key", snsKey(`"Action": "kms:PutKeyPolicy"`), "Guard-Source.Use"),
		queueWith("a service moves dead letters", sns(`"Action": "sqs:StartMessageMoveTask"`), "Guard-Source.Send"),
		keyWith("a service makes grants", snsKey(`"Action": ["kms:CreateGrant"]`), "Guard-Source.Use"),
		keyWith("a service makes data keys", snsKey(`"Action": "kms:GenerateDataKey*"`), "Guard-Source.Use"),
		keyWith("the statement of AWS for CloudWatch Logs", snsKey(`"Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
			"Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:111111111111:*"}}`)),
		keyWith("CloudWatch Logs of any account", snsKey(`"Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:*:*:*"}}`), "Guard-Source.Use"),
		keyWith("the statement of AWS for CloudTrail", snsKey(`"Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*",
			"Condition": {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111111111111:trail/*"}}`)),
	)
}()

// federated and canonical principals.
var otherPrincipals = []template{
	queueWith("a provider of SAML in one account", send(`"Principal": {"Federated": "arn:aws:iam::222222222222:saml-provider/p"}, "Condition": {}`)),
	queueWith("a provider of OIDC of a parameter's account", send(`"Principal": {"Federated": {"Fn::Sub": "arn:aws:iam::${Account}:oidc-provider/p"}}, "Condition": {}`)),
	queueWith("whoever signs in with Cognito", send(`"Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Condition": {}`), "Guard-Organization.Send"),
	queueWith("whoever signs in with one of two", send(`"Principal": {"Federated": ["arn:aws:iam::222222222222:saml-provider/p", "accounts.google.com"]}, "Condition": {}`), "Guard-Organization.Send"),
	queueWith("whoever signs in with Cognito and is of the organization", send(`"Principal": {"Federated": "cognito-identity.amazonaws.com"}`)),
	queueWith("whoever signs in with a provider of a parameter", send(`"Principal": {"Federated": {"Ref": "Role"}}, "Condition": {}`), "Guard-Organization.Send"),
	keyWith("a key for whoever signs in with Cognito", use(`"Principal": {"Federated": "cognito-identity.amazonaws.com"}, "Condition": {}`), "Guard-Organization.Use", "Guard-ViaService.Use"),
	queueWith("a canonical user of a parameter", send(`"Principal": {"CanonicalUser": {"Ref": "Role"}}, "Condition": {}`), "Guard-Organization.Send"),
	queueWith("every canonical user", send(`"Principal": {"CanonicalUser": "*"}, "Condition": {}`), "Guard-Organization.Send"),
	queueWith("principals in other case", send(`"Principal": {"aws": "*"}, "Condition": {}`), "Guard-Organization.Send"),
}

// What binds everyone to one account, one network or one organization.
var bindings = func() []template {
	var list []template
	for name, operators := range map[string]string{
		"a topic":                                   `"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}`,
		"topics of an account":                      `"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111111111111:*"}`,
		"a topic by StringEquals":                   `"StringEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:t"}`,
		"a topic of the template":                   `"ArnEquals": {"aws:SourceArn": {"Ref": "SomeTopic"}}`,
		"a bucket":                                  `"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:bucket"}`,
		"sources of an account":                     `"StringEquals": {"aws:SourceAccount": "111111111111"}`,
		"an account":                                `"StringEquals": {"aws:PrincipalAccount": ["222222222222", "333333333333"]}`,
		"the stack's account":                       `"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}`,
		"a role":                                    `"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/sender"}`,
		"roles of an account":                       `"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/*"}`,
		"roles of an account by StringLike":         `"StringLike": {"aws:PrincipalArn": ["arn:aws:iam::222222222222:role/a*", "arn:aws:iam::333333333333:role/b*"]}`,
		"a role of the template":                    `"ArnEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["SomeRole", "Arn"]}}`,
		"an endpoint":                               `"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d5e6f7890a"}`,
		"a network":                                 `"StringEquals": {"aws:SourceVpc": ["vpc-1a2b3c4d", "vpc-1a2b3c4d5e6f7890a"]}`,
		"an endpoint of another stack":              `"StringEquals": {"aws:SourceVpce": {"Fn::ImportValue": "Endpoint"}}`,
		"the account of the queue":                  `"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}`,
		"sources of the account of the queue":       `"StringEquals": {"aws:SourceAccount": "${AWS:resourceaccount}"}`,
		"roles of the account of the queue":         `"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:ResourceAccount}:role/*"}`,
		"topics of the account of the queue":        `"ArnLike": {"aws:SourceArn": {"Fn::Sub": "arn:aws:sns:${AWS::Region}:${!aws:ResourceAccount}:*"}}`,
		"its own organization":                      `"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}`,
		"its own organization, by Fn::Sub":          `"StringEquals": {"aws:PrincipalOrgID": {"Fn::Sub": "${!aws:ResourceOrgID}"}}`,
		"paths of its own organization":             `"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "${aws:ResourceOrgID}/r-wxyz/ou-wxyz-jklm1dev/*"}`,
		"sources of its own organization":           `"StringEquals": {"aws:SourceOrgID": "${aws:ResourceOrgID}"}`,
		"endpoints of its own organization":         `"StringEquals": {"aws:VpceOrgID": "${aws:ResourceOrgID}"}`,
		"endpoints of an organization":              `"StringEquals": {"aws:VpceOrgID": "o-abc1234567"}`,
		"endpoints of an OU":                        `"ForAnyValue:StringLike": {"aws:VpceOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/*"}`,
		"endpoints of an account":                   `"StringEquals": {"aws:VpceAccount": ["222222222222", "333333333333"]}`,
		"endpoints of the stack's account":          `"StringEquals": {"aws:VpceAccount": {"Ref": "AWS::AccountId"}}`,
		"a network by its ARN":                      `"ArnEquals": {"aws:SourceVpcArn": "arn:aws:ec2:us-east-1:222222222222:vpc/vpc-1a2b3c4d5e6f7890a"}`,
		"networks of an account":                    `"ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:222222222222:vpc/*"}`,
		"the network of an instance":                `"StringEquals": {"aws:Ec2InstanceSourceVpc": "vpc-1a2b3c4d5e6f7890a"}`,
		"an instance":                               `"ArnEquals": {"ec2:SourceInstanceARN": "arn:aws:ec2:us-east-1:222222222222:instance/i-1a2b3c4d5e6f7890a"}`,
		"a function":                                `"ArnEquals": {"lambda:SourceFunctionArn": "arn:aws:lambda:us-east-1:222222222222:function:f"}`,
		"functions of an account":                   `"ArnLike": {"lambda:SourceFunctionArn": "arn:aws:lambda:*:222222222222:function:*"}`,
		"builds of a project":                       `"ArnLike": {"codebuild:BuildArn": "arn:aws:codebuild:us-east-1:222222222222:build/p:*"}`,
		"the sessions of a role":                    `"StringLike": {"aws:userid": "AROAEXAMPLEID12345678:*"}`,
		"topics of an account in any Region":        `"StringLike": {"aws:SourceArn": "arn:aws:sns:*:111111111111:*"}`,
		"alarms of an account in any Region":        `"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:111111111111:alarm:*"}`,
		"alarms of an account in a Region":          `"StringLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:111111111111:alarm:*"}`,
		"an organization by StringLike":             `"StringLike": {"aws:PrincipalOrgID": "o-abc1234567"}`,
		"an organization by ForAnyValue":            `"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": ["o-abc1234567"]}`,
		"an organization whatever the case":         `"StringEqualsIgnoreCase": {"aws:PrincipalOrgID": "o-abc1234567"}`,
		"all paths of an organization":              `"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567/*"}`,
		"the OUs below an OU":                       `"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-*"}`,
		"all paths of a root":                       `"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567/r-wxyz/*"}`,
		"sources of an organization":                `"StringEquals": {"aws:SourceOrgID": "o-abc1234567"}`,
		"an organization, and not one of its roles": `"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}`,
	} {
		list = append(list, queueWith("everyone bound to "+name, send(`"Principal": {"AWS": "*"}, "Condition": {`+operators+`}`)))
	}
	for name, operators := range map[string]string{
		"a topic of any account":              `"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:t"}`,
		"an alarm whose name can have colons": `"StringLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:111111111111:alarm:*"}`,
		"a function whose name goes on":       `"StringLike": {"aws:SourceArn": "arn:aws:lambda:*:111111111111:function:*"}`,
		"a secret whose account a ? jumps":    `"StringLike": {"aws:SourceArn": "arn:aws:s?s:us-east-1:111111111111:q"}`,
		"a role of any service by StringLike": `"StringEquals": {"aws:PrincipalArn": "arn:aws:iam:*:222222222222:role/sender"}`,
		"a topic in a Region of a parameter":  `"ArnLike": {"aws:SourceArn": {"Fn::Sub": "arn:aws:sns:${Region}:111111111111:t"}}`,
		"a function of any account":           `"ArnLike": {"lambda:SourceFunctionArn": "arn:aws:lambda:*:*:function:f"}`,
		"an instance of any account":          `"ArnLike": {"ec2:SourceInstanceARN": "arn:aws:ec2:us-east-1:*:instance/i-1a2b3c4d5e6f7890a"}`,
		"an instance's private address":       `"IpAddress": {"aws:Ec2InstanceSourcePrivateIPv4": "10.0.0.1/32"}`,
		"its own network":                     `"StringEquals": {"aws:SourceVpc": "${aws:Ec2InstanceSourceVpc}"}`,
		"a network by its ARN in any account": `"ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:us-east-1:*:vpc/vpc-1a2b3c4d5e6f7890a"}`,
		"endpoints of some account":           `"Null": {"aws:VpceAccount": "false"}`,
		"endpoints of all accounts but one":   `"StringNotEquals": {"aws:VpceAccount": "222222222222"}`,
		"endpoints of the caller's account":   `"StringEquals": {"aws:VpceAccount": "${aws:PrincipalAccount}"}`,
		"the caller's own organization":       `"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}`,
		"the organization of its endpoint":    `"StringEquals": {"aws:PrincipalOrgID": "${aws:VpceOrgID}"}`,
		"an organization of a tag":            `"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalTag/org}"}`,
		"an organization, or another":         `"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID, 'o-abc1234567'}"}`,
		"organizations after its own":         `"StringLike": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}*"}`,
		"an account of a tag":                 `"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceTag/account}"}`,
		"sessions of a name":                  `"StringLike": {"aws:userid": "*:sender"}`,
		"a user's name":                       `"StringEquals": {"aws:username": "sender"}`,
		"an identity that the caller sets":    `"StringEquals": {"aws:SourceIdentity": "sender"}`,
		"a service role of Glue":              `"StringEquals": {"glue:RoleAssumedBy": "glue.amazonaws.com"}`,
		"any bucket":                          `"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:*"}`,
		"a topic of a parameter":              `"ArnEquals": {"aws:SourceArn": {"Ref": "Topic"}}`,
		"any source":                          `"Null": {"aws:SourceArn": "false"}`,
		"an account if there is one":          `"StringEqualsIfExists": {"aws:PrincipalAccount": "222222222222"}`,
		"all accounts but one":                `"StringNotEquals": {"aws:PrincipalAccount": "222222222222"}`,
		"its own account":                     `"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}`,
		"its own account, by Fn::Sub":         `"StringEquals": {"aws:PrincipalAccount": {"Fn::Sub": "${!aws:PrincipalAccount}"}}`,
		"accounts by a wildcard":              `"StringLike": {"aws:PrincipalAccount": "*"}`,
		"accounts that begin the same":        `"StringLike": {"aws:PrincipalAccount": "22222222222?"}`,
		"the account of a parameter":          `"StringEquals": {"aws:PrincipalAccount": {"Ref": "Account"}}`,
		"no account":                          `"StringEquals": {"aws:PrincipalAccount": []}`,
		"accounts, of which one is any":       `"StringLike": {"aws:PrincipalAccount": ["222222222222", "*"]}`,
		"a role of any account":               `"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/sender"}`,
		"a role whose account a path can say": `"StringLike": {"aws:PrincipalArn": "arn:aws:iam*::222222222222:role/sender"}`,
		"a role by a wildcard":                `"StringLike": {"aws:PrincipalArn": "*:role/sender"}`,
		"all roles but one":                   `"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/sender"}`,
		"an endpoint by a wildcard":           `"StringLike": {"aws:SourceVpce": "vpce-*"}`,
		"some endpoint":                       `"Null": {"aws:SourceVpce": "false"}`,
		"all endpoints but one":               `"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d5e6f7890a"}`,
		"an endpoint of a parameter":          `"StringEquals": {"aws:SourceVpce": {"Ref": "Name"}}`,
		"an IP range":                         `"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}`,
		"services of AWS":                     `"Bool": {"aws:PrincipalIsAWSService": "true"}`,
		"one service, for anybody":            `"StringEquals": {"aws:PrincipalServiceName": "sns.amazonaws.com"}`,
		"a tag":                               `"StringEquals": {"aws:PrincipalTag/team": "a"}`,
		"the account of the queue":            `"StringEquals": {"aws:ResourceAccount": "111111111111"}`,
		"an organization next to another":     `"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567*"}`,
		"an OU below that begins the same":    `"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-*"}`,
		"paths with no set operator":          ``,
	} {
		want := []string{"Guard-Organization.Send"}
		if name == "paths with no set operator" {
			want = append(want, "Guard-Operator.Send")
			operators = `"StringLike": {"aws:SourceOrgPaths": "o-abc1234567/*"}`
		}
		list = append(list, queueWith("everyone not bound by "+name, send(`"Principal": {"AWS": "*"}, "Condition": {`+operators+`}`), want...))
	}
	for name, operators := range map[string]string{
		"endpoints of any organization": `"StringLike": {"aws:VpceOrgID": "o-*"}`,
		"endpoints of a sibling":        `"ForAnyValue:StringLike": {"aws:VpceOrgPaths": "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev*"}`,
	} {
		list = append(list, queueWith("everyone not bound by "+name, send(`"Condition": {`+operators+`}`), "Guard-Organization.Send"))
	}
	old := strings.Replace(statements(send(`"Condition": {"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}`), denyHTTP), "2012-10-17", "2008-10-17", 1)
	return append(list,
		template{"its own organization, in a version without variables", queuePolicy, old, []string{"Guard-Organization.Send"}},
		queueWith("endpoints by paths with no set operator", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`}, "StringLike": {"aws:VpceOrgPaths": "o-abc1234567/*"}`), "Guard-Operator.Send"),
		queueWith("an organization, and its endpoints if there is one", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`}, "StringEqualsIfExists": {"aws:VpceOrgID": `+org+`}`)),
		queueWith("endpoints of an organization if there is one", condition(`"StringEqualsIfExists": {"aws:VpceOrgID": `+org+`}`), "Guard-Organization.Send"),
		queueWith("a key of endpoints misspelt", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "aws:VpceOrgIDs": `+org+`}`), "Guard-Condition.Send"),
		queueWith("a key of sources misspelt", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "aws:SourceOrgPath": `+paths+`}`), "Guard-Condition.Send"),
		keyWith("callers through endpoints of an organization", use(`"Condition": {"StringEquals": {"aws:VpceOrgID": `+org+`}}`)),
		keyWith("callers through endpoints of an organization may administer", use(`"Action": "kms:*", "Condition": {"StringEquals": {"aws:VpceOrgID": `+org+`}}`), "Guard-Action.Use"),
		keyWith("SES stores mail with the key", use(`"Principal": {"Service": "ses.amazonaws.com"}, "Action": ["kms:Encrypt", "kms:GenerateDataKey*"],
			"Condition": {"Null": {"kms:EncryptionContext:aws:ses:rule-name": "false"}, "StringEquals": {"kms:EncryptionContext:aws:ses:source-account": {"Ref": "AWS::AccountId"}}}`)),
		keyWith("SES stores mail of any account with the key", use(`"Principal": {"Service": "ses.amazonaws.com"}, "Action": ["kms:Encrypt", "kms:GenerateDataKey*"],
			"Condition": {"Null": {"kms:EncryptionContext:aws:ses:source-account": "false"}}`), "Guard-Source.Use"),
		keyWith("logs are delivered for an account", use(`"Principal": {"Service": "delivery.logs.amazonaws.com"}, "Condition": {"StringLike": {"kms:EncryptionContext:SourceArn": "arn:aws:logs:us-east-1:111111111111:*"}}`)),
		keyWith("logs are delivered for any account", use(`"Principal": {"Service": "delivery.logs.amazonaws.com"}, "Condition": {"StringLike": {"kms:EncryptionContext:SourceArn": "arn:aws:logs:us-east-1:*"}}`), "Guard-Source.Use"),
		keyWith("a service for its own organization", use(`"Principal": {"Service": "sns.amazonaws.com"}, "Condition": {"StringEquals": {"aws:SourceOrgID": "${aws:ResourceOrgID}"}}`)),
		keyWith("a service for the account of the key", use(`"Principal": {"Service": "sns.amazonaws.com"}, "Condition": {"StringEquals": {"aws:SourceAccount": "${aws:ResourceAccount}"}}`)),
		keyWith("everyone as AWS's own samples write it", use(`"Principal": {"AWS": "*"}`)),
		keyWith("everyone in a list", use(`"Principal": {"AWS": ["*"]}`)),
		keyWith("everyone as AWS's own samples write it, not bound", use(`"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}`), "Guard-Organization.Use"),
		keyWith("CloudTrail's default statement on decrypting", use(`"Principal": {"AWS": "*"}, "Action": ["kms:Decrypt", "kms:ReEncryptFrom"],
			"Condition": {"StringEquals": {"kms:CallerAccount": "111111111111"}, "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": "arn:aws:cloudtrail:*:111111111111:trail/*"}}`)),
		keyWith("the policy of a key that AWS manages", use(`"Principal": {"AWS": "*"}, "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"],
			"Condition": {"StringEquals": {"kms:CallerAccount": "111111111111", "kms:ViaService": "sqs.us-east-1.amazonaws.com"}}`)),
		keyWith("callers of the stack's account", use(`"Condition": {"StringEquals": {"kms:CallerAccount": {"Ref": "AWS::AccountId"}}}`)),
		keyWith("callers of a parameter's account", use(`"Condition": {"StringEquals": {"kms:CallerAccount": {"Ref": "Account"}, "kms:ViaService": "sqs.us-east-1.amazonaws.com"}}`), "Guard-Organization.Use"),
		keyWith("callers of all accounts but one", use(`"Condition": {"StringNotEquals": {"kms:CallerAccount": "111111111111"}, "StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}`), "Guard-Organization.Use"),
		keyWith("callers through a service alone", use(`"Condition": {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}`), "Guard-Organization.Use"),
		keyWith("callers through an endpoint of the network", use(`"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d5e6f7890a"}}`)),
		keyWith("callers through an endpoint may administer", use(`"Action": "kms:*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d5e6f7890a"}}`), "Guard-Action.Use"),
		queueWith("an endpoint, to any queue", send(`"Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d5e6f7890a"}}`), "Guard-Resource.Send"),

		keyWith("ForAllValues of grant operations for a role", use(`"Principal": `+role+`, "Action": "kms:CreateGrant", "Condition": {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt"]}}`)),
		keyWith("ForAllValues of context keys for a role", use(`"Principal": `+role+`, "Condition": {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["aws:sqs:arn"]}}`)),
		queueWith("ForAllValues of paths for a role", send(`"Principal": `+role+`, "Condition": {"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-abc1234567/*"}}`)),
		queueWith("ForAllValues of tags for an account", condition(`"StringEquals": {"aws:PrincipalAccount": "222222222222"}, "ForAllValues:StringEquals": {"aws:TagKeys": "a"}`)),
		queueWith("ForAllValues of tags for an organization", condition(`"StringEquals": {"aws:PrincipalOrgID": `+org+`}, "ForAllValues:StringEquals": {"aws:TagKeys": "a"}`), "Guard-Operator.Send"),
		queueWith("IfExists of the organization for a role", send(`"Principal": `+role+`, "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": `+org+`}}`)),
	)
}()
