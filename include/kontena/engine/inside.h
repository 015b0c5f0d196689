#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kontena/engine/engine.h"
#include "kontena/http/client.h"

// What people do inside of containers: commands that they talk with, files in and out. The same contract of errors as
// that of engine.h.
namespace kontena::engine {

// A stream both ways. read() and write() may each be on a thread of its own; cut() on any.
class Conduit {
 public:
  struct Piece {
    std::string output;
    std::string error_output;
    bool ended = false;  // there will be no more
  };
  virtual ~Conduit() = default;
  virtual Result<Piece> read(Duration limit) = 0;  // an empty piece: nothing came
  virtual Status write(std::string_view) = 0;      // waits until it is taken
  virtual void end_input() = 0;
  virtual void cut() = 0;  // who reads or writes is told so at once
};

// On a connected socket, which it then owns. `framed`: what comes is in Docker's frames, which tell stdout from stderr;
// `first` is what was read of it before.
std::unique_ptr<Conduit> conduit_on(int socket, bool framed, std::string first = {});

class Inside {
 public:
  virtual ~Inside() = default;

  struct Begun {
    std::string id;  // of the exec
    std::unique_ptr<Conduit> stream;
  };
  // Begins a command that is talked with. What keeps it from running is told by the stream, and its status 126 or 127.
  virtual Result<Begun> exec(const std::string& container, const ExecSpec&, bool input) = 0;
  struct ExecState {
    bool running = false;
    std::int64_t exit_code = 0;
    std::int64_t pid = 0;  // as the engine's host has it; 0 = not yet
  };
  virtual Result<ExecState> exec_state(const std::string& exec) = 0;
  virtual Status resize_exec(const std::string& exec, int rows, int columns) = 0;
  // Of the container's own first process; from now on.
  virtual Result<std::unique_ptr<Conduit>> attach(const std::string& container, bool input) = 0;
  virtual Status resize(const std::string& container, int rows, int columns) = 0;

  struct PathStat {
    bool folder = false;
    std::string link;  // where it leads, in the container; "" = it is no link
  };
  virtual Result<PathStat> stat(const std::string& container, const std::string& path) = 0;  // Code::not_found
  // An archive of what is there, under its last name; until the sink returns false.
  virtual Status get(const std::string& container, const std::string& path, const std::function<bool(std::string_view)>& sink) = 0;
  // Unpacks an archive into that folder; as with http::Client::exchange a piece that is none breaks it off.
  virtual Status put(const std::string& container, const std::string& folder, const http::Client::Pieces& next) = 0;
};

std::unique_ptr<Inside> open_inside(const std::string& socket);

}  // namespace kontena::engine
