#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "../commands.h"
#include "../session.h"
#include "../terminal.h"
#include "../way_in.h"
#include "kontena/base/text.h"
#include "kontena/image/tree.h"

namespace kontena::client {
namespace {

namespace fs = std::filesystem;
using channel::Kind;

constexpr Duration look_again{1'000};

// "shop/web-1:/srv" is in a container; what has no '/' before its ':' is here.
struct Place {
  std::string instance;  // "" = here
  std::string path;
  bool contents = false;  // what is in the folder, not it: "folder/."
};
Result<Place> place_of(const std::string& word) {
  Place place{.path = word};
  const auto colon = word.find(':');
  const auto slash = word.find('/');
  if (colon != std::string::npos && slash != std::string::npos && slash < colon && !word.starts_with('.') && slash > 0) {
    place.instance = word.substr(0, colon);
    place.path = word.substr(colon + 1);
    if (!place.path.starts_with('/')) return Error{Code::invalid_argument, "'" + word + "': a path in a container begins with '/'", "STACK/SERVICE[-N]:/PATH"};
  }
  if (place.path.empty()) return Error{Code::invalid_argument, "'" + word + "' names no path"};
  place.contents = place.path.ends_with("/.");
  if (place.contents) place.path.resize(std::max<std::size_t>(1, place.path.size() - 2));
  return place;
}

std::string last_name(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return fs::path(path).filename().string();
}

void tell(Session& session, const image::TreeCount& count) {
  for (const std::string& each : count.passed_over) session.warn("passed over '" + plain_text(each) + "': it is neither file, folder nor link");
  session.note("copied " + std::to_string(count.entries) + (count.entries == 1 ? " file" : " files and folders") + ", " + std::to_string(count.bytes) + " bytes");
}

Result<api::ChannelPath> told_of(WayIn& way) {
  KTN_TRY(const std::string text, way.ready());
  return codec::from_json<api::ChannelPath>(text);
}

// ---- out of a container

Status take_out(Session& session, WayIn& way, const Place& from, const Place& to) {
  KTN_TRY(const api::ChannelPath told, told_of(way));
  const auto next = [&]() -> Result<std::string> {
    while (!way.end().over()) {
      auto frame = way.end().receive(look_again);
      if (!frame) continue;
      if (frame->kind == Kind::output) return std::move(frame->bytes);
      if (frame->kind == Kind::exit) return std::string();
      if (frame->kind == Kind::failed) return channel::failure_in(frame->bytes);
    }
    KTN_TRY(const int status, way.hear({}));  // why it is over
    return Error{Code::unavailable, "the copy ended with " + std::to_string(status)};
  };
  if (to.path == "-") {
    while (true) {
      KTN_TRY(const std::string piece, next());
      if (piece.empty()) break;
      session.out() << piece;
      if (!session.out().good()) return Error{Code::unavailable, "standard output cannot be written"};
    }
    return Done{};
  }
  const fs::path here(to.path);
  std::error_code none;
  const bool folder = fs::is_directory(here, none);
  if (!folder && to.path.ends_with('/')) return Error{Code::not_found, "there is no folder '" + to.path + "' here"};
  if (!folder && fs::exists(here, none) && told.folder) return Error{Code::failed_precondition, "'" + to.path + "' is a file, and '" + from.path + "' a folder"};
  std::string into = to.path, name = from.contents ? "" : last_name(from.path);
  if (!folder) {
    into = here.has_parent_path() ? here.parent_path().string() : ".";
    name = here.filename().string();
  }
  if (name.empty() && !from.contents) return Error{Code::invalid_argument, "'" + from.path + "' has no name", "what is in it: '" + from.path + "/.'"};
  KTN_TRY(const auto count, image::unpack_tree(into, name, next));
  tell(session, count);
  return Done{};
}

// ---- into one

Status put_in(Session& session, WayIn& way, const Place& from, const Place& to, Terminal& input) {
  KTN_TRY(const api::ChannelPath told, told_of(way));
  const auto send = [&](std::string_view bytes) -> Status {
    if (way.end().send(Kind::input, bytes)) return Done{};
    return Error{Code::unavailable, "nobody takes it any more"};
  };
  Result<image::TreeCount> sent = image::TreeCount{};
  if (from.path == "-") {
    if (!told.folder) return Error{Code::failed_precondition, "'" + to.path + "' in the container is no folder: an archive is unpacked into one"};
    Status going = Done{};
    while (going) {
      const auto bytes = input.read(look_again);
      if (!bytes) break;
      going = way.end().over() ? send("x") : send(*bytes);
    }
    if (!going) sent = going.error();
  } else {
    struct stat is {};
    if (::lstat(from.path.c_str(), &is) != 0)
      return Error{Code::not_found, "there is no '" + from.path + "' here"};
    const bool folder = S_ISDIR(is.st_mode) || from.contents;
    if (folder && told.exists && !told.folder) return Error{Code::failed_precondition, "'" + to.path + "' in the container is a file, and '" + from.path + "' a folder"};
    std::error_code none;
    std::string name = told.folder ? last_name(fs::weakly_canonical(fs::absolute(fs::path(from.path), none).parent_path(), none) / fs::path(from.path).filename()) : last_name(to.path);
    if (name.empty() || name == "." || name == "..") name = last_name(fs::canonical(from.path, none).string());
    if (from.contents && told.folder) name = ".";
    sent = image::pack_tree(from.path, name, send);
  }
  if (sent) way.end().finish();
  // Where the other end gave up, what it says counts.
  if (!sent && !way.end().over()) return sent.error();
  KTN_TRY(const int status, way.hear([](bool, std::string_view) {}));
  if (!sent) return sent.error();
  if (status != 0) return Error{Code::failed_precondition, "the copy ended with status " + std::to_string(status)};
  if (from.path != "-") tell(session, *sent);
  return Done{};
}

}  // namespace

Result<int> cp(Session& session) {
  KTN_TRY(const Place from, place_of(session.arguments.words[0]));
  KTN_TRY(const Place to, place_of(session.arguments.words[1]));
  if (from.instance.empty() == to.instance.empty())
    return Error{Code::invalid_argument, "one of the two is in a container, and one is here", "kontena client cp shop/web:/srv/page.html ."};
  if (to.path == "-" && session.outside.out_is_terminal)
    return Error{Code::invalid_argument, "an archive is nothing for a terminal", "write it into a file, or on to tar: … - | tar -t"};
  const bool out = to.instance.empty();
  KTN_TRY(const auto instances, instances_named(session, out ? from.instance : to.instance));
  KTN_TRY(const WayIn::Door door, WayIn::door(session));
  KTN_TRY(const auto way, WayIn::open(door, {.instance = instances[0].id, .kind = out ? "get" : "put", .path = out ? from.path : to.path}));
  if (out) {
    KTN_OK(take_out(session, *way, from, to));
  } else {
    const auto input = session.outside.open_terminal();
    KTN_OK(put_in(session, *way, from, to, *input));
  }
  return 0;
}

}  // namespace kontena::client
