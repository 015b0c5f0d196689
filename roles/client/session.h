#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.h"
#include "command.h"
#include "link.h"
#include "outside.h"
#include "print.h"

namespace kontena::client {

// What a command's function gets: what was given, where to call, where to print.
struct Session {
  Session(Outside& o, const Command& c, Arguments a, Look l)
      : outside(o), command(c), arguments(std::move(a)), look(l), link(outside, arguments) {}
  Session(const Session&) = delete;

  Outside& outside;
  const Command& command;
  const Arguments arguments;
  const Look look;
  Link link;

  std::ostream& out() { return outside.out; }
  std::ostream& err() { return outside.err; }
  Time now() const { return outside.clock.now(); }

  void note(std::string_view line);  // on stderr; not with -q
  void warn(std::string_view line);  // "warning: …" on stderr
  std::string age(std::int64_t ms);  // "3m" since then; "" for 0

  // --timeout, for what waits.
  Result<Duration> time_limit(Duration usual);

  // -y, or an answer on the terminal. Without either it is an error that names -y.
  Result<bool> confirmed(const std::string& question);

  // A list: names with -q, else a table, or JSON.
  template <class T>
  int list(const std::vector<T>& items, std::vector<std::string> headers, auto&& row, auto&& name) {
    if (look.quiet) {
      for (const T& each : items) out() << name(each) << '\n';
    } else if (look.machine()) {
      out() << machine_list(look, items);
    } else {
      Table table(std::move(headers));
      for (const T& each : items) table.add(row(each));
      out() << table.text(look);
    }
    return 0;
  }

  // One thing: its name with -q, else the text, or JSON.
  template <class T>
  int show(const T& thing, std::string_view name, auto&& text) {
    if (look.quiet)
      out() << name << '\n';
    else if (look.machine())
      out() << machine_text(look, thing);
    else
      out() << text();
    return 0;
  }
};

// Does each of the words in turn, past those that fail; the first error is returned
// when all are done, the others are printed.
Result<int> for_each_word(Session&, auto&& act);
void print_error(Session&, const Error&);

Result<int> for_each_word(Session& session, auto&& act) {
  std::optional<Error> first;
  for (const std::string& word : session.arguments.words) {
    const Status done = act(word);
    if (done) continue;
    if (first)
      print_error(session, done.error());
    else
      first = done.error();
  }
  if (first) return *first;
  return 0;
}

}  // namespace kontena::client
