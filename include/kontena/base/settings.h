#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kontena/base/result.h"

// The settings of a long-running role as a table: command line, environment,
// configuration file and help are all read off it. Precedence: flag, then
// environment, then file, then default.
namespace kontena::settings {

enum class Kind { text, list, integer, duration, truth };

struct Setting {
  std::string_view name;         // in the file and in code: "data_dir"
  std::string_view flag;         // "--data-dir"; "" = not on the command line
  std::string_view environment;  // "KONTENA_DATA_DIR"; "" = not there; a list is separated by commas
  Kind kind = Kind::text;
  std::string_view value;        // how help names the value: "DIR"
  std::string_view by_default;
  std::int64_t least = 0;        // bounds of integer, and of duration in ms
  std::int64_t most = 0;
  std::string_view help;         // one line
};

class Values {
 public:
  const std::string& text(std::string_view name) const;
  const std::vector<std::string>& list(std::string_view name) const;
  std::int64_t number(std::string_view name) const;  // integer, or a duration's ms
  bool truth(std::string_view name) const;
  bool given(std::string_view name) const;           // not just the default
  const std::string& origin(std::string_view name) const;  // "flag --listen", "environment KONTENA_LISTEN", "FILE:3", "default"

 private:
  friend class Reader;
  struct Value {
    std::vector<std::string> items;
    std::int64_t number = 0;
    std::string origin;
  };
  const Value& at(std::string_view name) const;
  std::map<std::string, Value, std::less<>> values_;
};

// One line of a configuration file: where it stood, and its one or more values.
struct FileEntry {
  std::string origin;  // "server.yaml:3"
  std::vector<std::string> items;
};
using File = std::map<std::string, FileEntry>;

using Environment = std::function<std::optional<std::string>(std::string_view)>;
Environment process_environment();

// Reads the flags of `arguments` only: where the configuration file is asked for
// by one of them. Code::invalid_argument names the flag, the nearest right one, or
// the bound that is broken.
Result<Values> read(std::span<const Setting>, std::span<const std::string> arguments, const Environment&, const File&);

struct Address {
  std::string host;  // without brackets
  int port = 0;
};
// Of a setting "ADDR:PORT", "[V6]:PORT", or ":PORT" for all addresses. `usual`: what the complaint shows.
Result<Address> address(const Values&, std::string_view name, const std::string& usual);

// The table as the `Options:` part of --help.
std::string help(std::span<const Setting>);

}  // namespace kontena::settings
