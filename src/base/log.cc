#include "kontena/base/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "kontena/base/clock.h"
#include "kontena/base/text.h"

namespace kontena::log {
namespace {

std::atomic<Level> least{Level::info};

// What a person or a script reads as one word is written bare; anything else is quoted.
void append_value(std::string& line, std::string_view value) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  const bool bare =
      !value.empty() && value.find_first_of(" \"=\\") == std::string_view::npos && std::ranges::none_of(value, control);
  if (bare) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else if (c == '\t') {
      line += "\\t";
    } else if (control(c)) {
      // What a terminal would take for an order is shown, not obeyed.
      line += "\\x" + text::hex(std::string_view(&c, 1));
    } else {
      if (c == '"' || c == '\\') line += '\\';
      line += c;
    }
  }
  line += '"';
}

}  // namespace

void set_level(Level level) { least = level; }

void write(Level level, std::string_view event, Fields fields) {
  if (level < least.load()) return;
  static constexpr std::string_view names[] = {"debug", "info", "warn", "error"};
  static constexpr std::string_view priorities[] = {"<7>", "<6>", "<4>", "<3>"};
  static const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;
  std::string line;
  if (journal) {
    line = priorities[static_cast<int>(level)];
  } else {
    line = text::rfc3339(SystemClock().now());
    line += ' ';
    line += names[static_cast<int>(level)];
    line += ' ';
  }
  line += event;
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  line += '\n';
  // One write a line, so that lines of several threads do not mix. A log that
  // cannot be written must not stop the work.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace kontena::log
