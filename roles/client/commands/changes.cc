#include "changes.h"

#include <algorithm>

namespace kontena::client {

Followed followed(Session& session, const model::Deployment& deployment, std::string what) {
  std::string title = what + " · revision ";
  if (deployment.from > 0 && deployment.from != deployment.to) title += std::to_string(deployment.from) + " → ";
  title += std::to_string(deployment.to);
  if (const auto target = session.link.target(); target && !(*target)->context.empty())
    title += " · context " + (*target)->context;
  return {std::move(what), std::move(title)};
}

Result<int> await_changes(Session& session, std::vector<Changed> changes, Result<int> before) {
  for (const Changed& change : changes) {
    if (session.arguments.has("--detach")) {
      session.note("the " + change.what + " has begun; to follow it: kontena client deployment wait " + change.stack +
                   ' ' + *change.deployment.id);
      if (session.look.machine())
        session.out() << machine_text(session.look, change.deployment);
      else if (session.look.quiet)
        session.out() << *change.deployment.id << '\n';
    }
  }
  if (session.arguments.has("--detach")) return before;
  int status = 0;
  while (!changes.empty()) {
    const std::string stack = changes.front().stack;
    const auto of_stack = [&](const Changed& each) { return each.stack == stack; };
    const auto last = std::find_if(changes.rbegin(), changes.rend(), of_stack);
    KTN_TRY(const Ended ended, follow(session, last->deployment, followed(session, last->deployment, last->what)));
    if (ended.status != 0 && status == 0) status = ended.status;
    for (const Changed& change : changes)
      if (of_stack(change) && ended.status == 0) session.note(change.done);
    if (session.look.machine()) session.out() << machine_text(session.look, ended.detail);
    if (ended.status > 128) return ended.status;
    std::erase_if(changes, of_stack);
  }
  if (!before) return before;
  return status;
}

}  // namespace kontena::client
