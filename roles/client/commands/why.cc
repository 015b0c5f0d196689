#include "kontena/api/why.h"

#include <algorithm>

#include "../commands.h"
#include "../describe.h"
#include "../session.h"

namespace kontena::client {
namespace {

std::string text_of(Session& session, const api::Why& why) {
  const bool colour = session.look.colour_out;
  std::string text = paint(why.kind + ' ' + plain_text(why.name), Tone::strong, colour) + ": " + plain_text(why.state) + '\n';
  for (const std::string& line : why.lines) text += "  " + plain_text(line) + '\n';
  if (!why.said.empty()) {
    text += "\nits last lines:\n";
    for (const std::string& line : why.said) text += "  | " + plain_text(line) + '\n';
  }
  if (!why.events.empty()) {
    Table events({"WHEN", "TYPE", "NODE", "WHAT"});
    for (const model::Event& e : why.events)
      events.add({session.age(e.last_ms) + " ago", e.kind, plain_text(e.node_name), plain_text(e.text)});
    text += '\n' + events.text(session.look);
  }
  if (!why.next.empty()) {
    text += "\nto look further:\n";
    std::size_t width = 0;
    for (const auto& next : why.next) width = std::max(width, next.command.size());
    for (const auto& next : why.next)
      text += "  kontena client " + pad(plain_text(next.command), width) + "  " + plain_text(next.says) + '\n';
  }
  return text;
}

}  // namespace

Result<int> why(Session& session) {
  http::Query query{{"of", session.arguments.words[0]}};
  KTN_TRY(query["project"], session.link.project());
  KTN_TRY(const std::string path, session.link.path(api::paths::why));
  KTN_TRY(const api::Why answer, session.link.get<api::Why>(path, query));
  return session.show(answer, plain_text(answer.state), [&] { return text_of(session, answer); });
}

}  // namespace kontena::client
