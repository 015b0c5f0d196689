#include "session.h"

#include <algorithm>

#include "kontena/base/text.h"

namespace kontena::client {

void Session::note(std::string_view line) {
  if (!look.quiet) err() << line << '\n' << std::flush;
}

void Session::warn(std::string_view line) {
  err() << paint("warning:", Tone::busy, look.colour_err) << ' ' << line << '\n' << std::flush;
}

std::string Session::age(std::int64_t ms) {
  return ms == 0 ? std::string() : text::human_duration(std::max(now() - from_ms(ms), Duration(0)));
}

Result<Duration> Session::time_limit(Duration usual) {
  if (!arguments.has("--timeout")) return usual;
  auto limit = text::duration(arguments.value("--timeout"));
  if (!limit || *limit <= Duration(0))
    return Error{Code::invalid_argument, "'" + arguments.value("--timeout") + "' is not a time to wait",
                 "write --timeout 90s, 10m or 1h30m"};
  return limit;
}

Result<bool> Session::confirmed(const std::string& question) {
  if (arguments.has("--yes")) return true;
  if (!outside.in_is_terminal || !outside.err_is_terminal)
    return Error{Code::invalid_argument, "this wants a yes, and there is no terminal to ask on",
                 "say it beforehand by --yes (-y)"};
  KTN_TRY(const std::string answer, outside.ask(question + " [y/N] "));
  const std::string word = text::lower(text::trim(answer));
  return word == "y" || word == "yes";
}

void print_error(Session& session, const Error& error) {
  session.outside.out << std::flush;
  session.err() << error_text(error, session.look) << std::flush;
}

}  // namespace kontena::client
