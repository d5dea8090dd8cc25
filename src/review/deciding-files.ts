/** Pipelines of hosts and CI services. */
const WORKFLOWS =
  /^(\.github|\.gitlab|\.forgejo|\.gitea|\.circleci|\.buildkite|\.woodpecker|\.tekton|\.builds|\.semaphore|\.azure-pipelines|\.teamcity|\.concourse)\/|^(\.gitlab-ci|\.woodpecker|\.drone|\.travis|\.appveyor|appveyor|\.cirrus|\.build|azure-pipelines|bitbucket-pipelines|buildspec|cloudbuild)\.(ya?ml|star|jsonnet)$|^(.*\/)?Jenkinsfile[\w.-]*$/i;
const HOOKS =
  /(^|\/)(\.gitattributes|\.gitmodules|\.gitconfig|\.mailmap|\.pre-commit-config\.ya?ml|\.?lefthook(-local)?\.(ya?ml|toml|json))$|^(\.husky|\.githooks|\.git-hooks|hooks)\//i;
/** Who may change what, and the settings of vports. */
const OWNERS = /(^|\/)(CODEOWNERS|OWNERS|allowed_signers|policy\.json|\.vports\.json)$/i;

export const DECIDES = 'it controls who may change what, or what runs';

/** Whether a file, by its path from the root of the repository or registry, controls who may change what, or what runs. */
export function isDeciding(path: string): boolean {
  return [WORKFLOWS, HOOKS, OWNERS].some((it) => it.test(path));
}
