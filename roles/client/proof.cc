#include "proof.h"

#include <unistd.h>

#include <array>

#include "kontena/base/files.h"
#include "kontena/base/text.h"

namespace kontena::client {
namespace {

constexpr std::size_t largest = 16u << 10;

bool can_ask(const Session& session) { return session.outside.in_is_terminal && session.outside.err_is_terminal; }

// The lines of --password-file or standard input; none where people are to be asked.
Result<std::optional<std::vector<std::string>>> given_lines(Session& session) {
  const std::string path = session.arguments.value("--password-file");
  std::string text;
  if (!path.empty() && path != "-") {
    KTN_TRY(text, files::read(path, largest));
  } else if (path == "-" || !can_ask(session)) {
    KTN_TRY(text, session.outside.read_input());
  } else {
    return std::optional<std::vector<std::string>>();
  }
  std::vector<std::string> lines;
  for (std::string_view line : text::split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return std::optional(std::move(lines));
}

Error missing(const std::string& what) {
  return {Code::invalid_argument, what + " is missing", "a line each on standard input, or in --password-file FILE"};
}

}  // namespace

Result<Redacted> read_password(Session& session, const std::string& prompt) {
  KTN_TRY(const auto lines, given_lines(session));
  if (!lines) {
    KTN_TRY(const std::string typed, session.outside.ask_secret(prompt + " (not shown): "));
    return Redacted(typed);
  }
  if (lines->empty()) return missing("the password");
  return Redacted(lines->front());
}

Result<Replacement> read_replacement(Session& session, const std::string& first) {
  KTN_TRY(const auto lines, given_lines(session));
  if (lines) {
    if (lines->empty()) return missing("the " + first);
    if (lines->size() < 2) return missing("the new password");
    return Replacement{Redacted(std::string(text::trim((*lines)[0]))), Redacted((*lines)[1])};
  }
  KTN_TRY(const std::string known, session.outside.ask_secret(first + " (not shown): "));
  KTN_TRY(const std::string typed, session.outside.ask_secret("new password (not shown): "));
  KTN_TRY(const std::string again, session.outside.ask_secret("once more: "));
  if (typed != again) return Error{Code::invalid_argument, "the two passwords are not the same"};
  return Replacement{Redacted(std::string(text::trim(known))), Redacted(typed)};
}

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string();
}

}  // namespace kontena::client
