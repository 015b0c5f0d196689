// Ways into containers: who may, what passes, what the audit has, and how they end.
#include <atomic>
#include <thread>

#include "kontena/api/channel.h"
#include "two_projects.h"

namespace kontena::server {
namespace {

using channel::Kind;

// Takes what comes, until it is told that its reader has gone.
struct Reader final : http::Writer {
  Synced<std::string> text;
  Synced<int> written;
  std::atomic<bool> gone{false};
  bool write(std::string_view bytes) override {
    text.change([&](std::string& t) { t += bytes; });
    written.change([](int& times) { ++times; });
    return !gone;
  }
  // Somebody is at work on the answer: its clock runs from before that on.
  bool begun() {
    return written.wait(Duration(20'000), [](int times) { return times > 0; });
  }
  bool wait_for(const std::string& word) {
    return text.wait(Duration(20'000), [&](const std::string& t) { return has(t, word); });
  }
};

std::string channels(const std::string& project) { return projects + project + "/channels"; }

struct Ways : Two {
  std::string order_text(const std::string& kind = "exec") {
    return codec::to_json(api::ChannelOrder{.instance = *instance("blue").id, .kind = kind, .command = {"/bin/sh", "-c", "a secret"}, .path = "/srv", .port = 80});
  }
  std::string open() {
    return channels("blue") + '/' + read<api::ChannelOpened>(as_admin(post, channels("blue"), order_text())).channel;
  }
  std::string agent_path(const std::string& path) { return api::path(api::paths::agent_channel, {path.substr(path.rfind('/') + 1)}); }
  int speak(const http::Headers& headers, const http::Peer& peer, const std::string& path, const std::string& frames) {
    Sent body(frames);
    http::Request request{.method = post, .path = path, .headers = headers, .upload = &body};
    request.peer = peer;
    return dispatch_.handle(request).status;
  }
  int admin_says(const std::string& path, const std::string& frames) { return speak({{"authorization", "Bearer " + admin_}}, {"10.0.0.1"}, path, frames); }
  int node_says(const std::string& path, const std::string& frames) { return speak({}, {"10.0.0.9", node.fingerprint, node.common_name}, path, frames); }
};

// Somebody who hears, on a thread of their own as a connection has it.
struct Hears {
  http::Response response;
  Reader reader;
  std::jthread thread;
  explicit Hears(http::Response answer) : response(std::move(answer)) {
    REQUIRE_MESSAGE(response.status == 200, response.body);
    thread = std::jthread([this] { response.stream(reader); });
  }
  std::string all() {
    thread.join();
    response.stream = nullptr;
    return reader.text.with([](const std::string& t) { return t; });
  }
};

}  // namespace

TEST_CASE("frames pass between a client and the node's agent, both ways, until the exit") {
  Ways world;
  const std::string path = world.open();
  CHECK(world.logs_.take("default/" + world.node.id).empty());  // nothing is begun before somebody hears
  Hears client(world.as_admin(get, path));
  std::vector<api::StreamWanted> wanted;
  Synced<bool> never;
  for (int i = 0; i < 500 && wanted.empty(); ++i, never.wait(Duration(10), [](bool is) { return is; })) wanted = world.logs_.take("default/" + world.node.id);
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].kind == "channel");
  CHECK(codec::from_json<api::ChannelOrder>(wanted[0].order)->command == model::Strings{"/bin/sh", "-c", "a secret"});
  const std::string agent = world.agent_path(path);
  Hears node(world.as_node(world.node, get, agent));
  CHECK(world.as_node(world.node, get, agent).status == 404);  // once each
  CHECK(world.as_admin(get, path).status == 404);
  CHECK(world.admin_says(path, channel::frame(Kind::beat) + channel::frame(Kind::input, "typed") + channel::frame(Kind::end)) == 200);
  CHECK(node.reader.wait_for(channel::frame(Kind::input, "typed") + channel::frame(Kind::end)));
  CHECK(world.node_says(agent, channel::frame(Kind::ready) + channel::frame(Kind::output, "said") + channel::frame(Kind::exit, channel::number_text(3))) == 200);
  const std::string heard = client.all();
  CHECK(has(heard, channel::frame(Kind::output, "said") + channel::frame(Kind::exit, channel::number_text(3))));
  node.all();
  CHECK(world.as_admin(get, path).status == 404);  // it has ended

  const std::string trail = world.as_admin(get, "/v1/audit").body;
  CHECK(has(trail, "instance.exec"));
  CHECK(has(trail, "blue/db/db-1: exec sh"));
  CHECK_FALSE(has(trail, "a secret"));
}

TEST_CASE("other projects' containers are as absent as what is not there, and a channel is its user's alone") {
  Ways world;
  const std::string by_red = codec::to_json(api::ChannelOrder{.instance = *world.instance("blue").id, .kind = "dial", .port = 80});
  CHECK(world.as_ann(post, channels("blue"), by_red).status == 404);
  CHECK(world.as_ann(post, channels("red"), by_red).status == 404);
  const std::string unknown = codec::to_json(api::ChannelOrder{.instance = "none", .kind = "dial", .port = 80});
  CHECK(world.as_ann(post, channels("red"), unknown).status == 404);
  const std::string viewer = world.make_user("vic", "viewer", "default/blue"), operator_ = world.make_user("olga", "operator", "default/blue");
  CHECK(world.with_token(viewer, post, channels("blue"), world.order_text()).status == 403);
  CHECK(world.with_token(operator_, post, channels("blue"), world.order_text()).status == 200);
  const std::string path = world.open();
  CHECK(world.with_token(operator_, get, path).status == 404);
  CHECK(world.as_ann(get, path).status == 404);
  CHECK(world.as_admin(get, channels("red") + path.substr(path.rfind('/'))).status == 404);
  CHECK(world.speak({{"authorization", "Bearer " + operator_}}, {"10.0.0.1"}, path, channel::frame(Kind::end)) == 404);
}

TEST_CASE("orders that are none are refused") {
  Ways world;
  const auto refused = [&](api::ChannelOrder order) {
    order.instance = *world.instance("blue").id;
    return world.as_admin(post, channels("blue"), codec::to_json(order)).status == 400;
  };
  CHECK(refused({.kind = "exec"}));
  CHECK(refused({.kind = "exec", .command = {""}}));
  CHECK(refused({.kind = "exec", .command = {"sh", std::string(40'000, 'x')}}));
  CHECK(refused({.kind = "exec", .command = {"sh"}, .environment = {{"A=B", "x"}}}));
  CHECK(refused({.kind = "get", .path = "relative"}));
  CHECK(refused({.kind = "put", .path = "/" + std::string(5'000, 'x')}));
  CHECK(refused({.kind = "dial", .port = 0}));
  CHECK(refused({.kind = "dial", .port = 70'000}));
  CHECK(refused({.kind = "else"}));
}

TEST_CASE("damaged frames, and those that the other end sends, end the channel") {
  for (const std::string& frames : {std::string("\x0b\0\0\0", 4), channel::frame(Kind::exit, channel::number_text(0)), channel::frame(Kind::output, "forged")}) {
    Ways world;
    const std::string path = world.open();
    CHECK(world.admin_says(path, frames) == 400);
    CHECK(world.as_admin(get, path).status == 404);
  }
  Ways world;
  const std::string path = world.open();
  Hears client(world.as_admin(get, path));
  CHECK(world.node_says(world.agent_path(path), channel::frame(Kind::input, "typed by a node")) == 200);
  const std::string heard = client.all();
  CHECK(has(heard, "broke off"));
  CHECK_FALSE(has(heard, "typed by a node"));
}

TEST_CASE("an agent that is too old, or does not answer, is told as that") {
  Ways world;
  const std::string path = world.open();
  Hears client(world.as_admin(get, path));
  Synced<bool> never;
  std::vector<api::StreamWanted> wanted;
  for (int i = 0; i < 500 && wanted.empty(); ++i, never.wait(Duration(10), [](bool is) { return is; })) wanted = world.logs_.take("default/" + world.node.id);
  REQUIRE(wanted.size() == 1);
  const std::string said = codec::to_json(api::LogRecord{.error = "this agent is too old for streams of 'channel'"}) + '\n';
  CHECK(world.node_says(api::path(api::paths::agent_stream, {wanted[0].stream}), said) == 200);
  CHECK(has(client.all(), "unsupported\nthe agent of node 'n1' is too old"));

  const std::string second = world.open();
  Hears waits(world.as_admin(get, second));
  REQUIRE(waits.reader.begun());
  for (int i = 0; i < 3; ++i) {
    never.wait(Duration(300), [](bool is) { return is; });
    world.clock_.advance(Duration(11'000));
    world.liveness_.heard(NodeId(world.node.id));
  }
  CHECK(has(waits.all(), "does not answer"));
}

TEST_CASE("who may not any more is let go, and who has gone ends it") {
  Ways world;
  const std::string path = world.open();
  {
    Hears client(world.as_admin(get, path));
    client.reader.gone = true;
    client.all();
  }
  CHECK(world.node_says(world.agent_path(path), channel::frame(Kind::ready)) == 404);

  const std::string token = world.make_user("olga", "operator", "default/blue");
  const std::string mine = channels("blue") + '/' + world.read<api::ChannelOpened>(world.with_token(token, post, channels("blue"), world.order_text())).channel;
  Hears client(world.with_token(token, get, mine));
  REQUIRE(client.reader.begun());
  world.commit({.deletes = {"users/olga"}});
  world.clock_.advance(Duration(1'500));
  const std::string heard = client.all();
  CHECK(has(heard, channel::frame(Kind::failed).substr(0, 1)));
}

TEST_CASE("one user has only so many open") {
  Ways world;
  for (std::size_t i = 0; i < ChannelHub::most_of_user; ++i) world.open();
  const auto more = world.as_admin(post, channels("blue"), world.order_text());
  CHECK(has(more.body, "exhausted"));
  world.clock_.advance(ChannelHub::to_begin + Duration(1'000));  // none of them was taken up
  world.liveness_.heard(NodeId(world.node.id));
  CHECK(world.as_admin(post, channels("blue"), world.order_text()).status == 200);
}

}  // namespace kontena::server
