#pragma once

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>

#include "kontena/base/clock.h"
#include "kontena/base/result.h"
#include "kontena/engine/images.h"
#include "kontena/http/client.h"

namespace kontena::client {

class Terminal;  // terminal.h

using Environment = std::map<std::string, std::string>;

struct Size {  // of a terminal
  int columns = 80;
  int lines = 24;
};

// Everything outside of the process that a command touches but files: tests give
// their own. Data goes to `out`; progress, prompts, warnings and errors to `err`.
struct Outside {
  std::ostream& out;
  std::ostream& err;
  const Clock& clock;
  Environment environment;
  std::string folder;  // the working folder, absolute
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  Duration pace{100};  // between two looks at what is waited for, and between two redraws

  std::function<Size()> size;
  std::function<Result<std::string>()> read_input;  // all of standard input, at most 8 MB
  // One line from the terminal; REQUIRES: in_is_terminal. The secret one is not echoed.
  std::function<Result<std::string>(const std::string& prompt)> ask;
  std::function<Result<std::string>(const std::string& prompt)> ask_secret;

  // From then on SIGINT and SIGTERM do not end the process: interrupted() gives the
  // signal's number, or 0.
  std::function<void()> catch_interrupts;
  std::function<int()> interrupted;
  std::function<void(int status)> leave;  // ends the process at once; tests may return
  std::function<void(Duration)> pause;

  std::function<std::unique_ptr<http::Client>(http::ClientOptions)> connect;
  std::function<Result<std::string>(const std::string& url, const std::string& fingerprint)> fetch_authority;
  std::function<std::unique_ptr<engine::Images>(const std::string& socket)> open_images;

  std::function<std::unique_ptr<Terminal>()> open_terminal;

  // The variable's value, "" where it is not set.
  std::string variable(const std::string& name) const {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  }
};

// Calls with the real one. What `use` returns is the exit status, but for a
// standard output that cannot be written: 141 where its reader has gone, else 1.
int with_real_outside(const std::function<int(Outside&)>& use);

}  // namespace kontena::client
