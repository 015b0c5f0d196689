#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kontena/codec/container_fields.h"
#include "kontena/codec/json.h"
#include "kontena/model/container.h"

// Ways into containers. A client orders one (POST channels, which is audited), hears by GET of it and speaks by POST to
// it; the node's agent has the same two for its end. What goes over them are frames (kontena/channel/frame.h).
namespace kontena::api {

namespace paths {
inline constexpr std::string_view channels = "/v1/grids/{grid}/projects/{project}/channels";
inline constexpr std::string_view channel = "/v1/grids/{grid}/projects/{project}/channels/{channel}";
inline constexpr std::string_view agent_channel = "/v1/agent/channels/{channel}";
}  // namespace paths

struct ChannelOrder {
  std::string instance;  // id
  std::string kind;      // exec, attach, get, put or dial
  // exec
  model::Strings command;
  model::StringMap environment;
  std::string user;
  std::string working_dir;
  bool terminal = false;
  bool input = false;  // also of attach
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::string path;        // of get and put, in the container
  std::int64_t port = 0;   // of dial
};

struct ChannelOpened {
  std::string channel;
};

// What `ready` says of a get or put: what is at the path now.
struct ChannelPath {
  bool exists = false;
  bool folder = false;  // or a link to one
};

inline constexpr std::size_t most_command = 32u << 10;  // bytes of command and environment

}  // namespace kontena::api

namespace kontena::codec {
template <>
struct Fields<api::ChannelOrder> {
  static void visit(auto& v, auto& s) {
    v("instance", s.instance);
    v("kind", s.kind);
    v("command", s.command);
    v("environment", s.environment);
    v("user", s.user);
    v("working_dir", s.working_dir);
    v("terminal", s.terminal);
    v("input", s.input);
    v("rows", s.rows);
    v("columns", s.columns);
    v("path", s.path);
    v("port", s.port);
  }
};
template <>
struct Fields<api::ChannelOpened> {
  static void visit(auto& v, auto& s) { v("channel", s.channel); }
};
template <>
struct Fields<api::ChannelPath> {
  static void visit(auto& v, auto& s) {
    v("exists", s.exists);
    v("folder", s.folder);
  }
};
}  // namespace kontena::codec
