/**
 * What each shell evaluates once. The reply of `vports complete` is data and never evaluated: one candidate per line, its value up to
 * a tab. bash needs the value quoted; zsh and fish quote by themselves.
 */
export const COMPLETION_SCRIPTS = {
  // bash splits web@login and main=25000 into three words, and completes the last.
  bash: `_vports() {
  local line value words at last broken=
  read -ra words <<< "\${COMP_LINE:0:COMP_POINT}x"
  at=$((\${#words[@]} - 1))
  last=\${words[at]%x}
  words[at]=$last
  [[ $last == *[@=:]* ]] && broken=\${last%"\${last##*[@=:]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    value=\${line%%$'\\t'*}
    printf -v value %q "\${value#"$broken"}"
    COMPREPLY+=("$value")
  done < <(vports complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _vports vports
`,
  zsh: `#compdef vports
_vports() {
  local -a values shown
  local line
  while IFS= read -r line; do
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line/$'\\t'/  }")
  done < <(vports complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#values )); then
    compadd -l -d shown -a values
  else
    _files
  fi
}
if [[ $funcstack[1] == _vports ]]; then
  _vports
else
  compdef _vports vports
fi
`,
  fish: `function __vports_candidates
    set -l words (commandline -opc) (commandline -ct)
    set -e words[1]
    vports complete -- $words 2>/dev/null
end
complete -c vports -f -a '(__vports_candidates)'
complete -c vports -l registry -l dir -l from -r -F
`,
};

export type Shell = keyof typeof COMPLETION_SCRIPTS;
