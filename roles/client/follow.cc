#include "follow.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "describe.h"
#include "kontena/base/loop.h"
#include "kontena/base/text.h"
#include "progress.h"

namespace kontena::client {
namespace {

using model::DeploymentState;

constexpr Duration usual_limit = std::chrono::minutes(10);
constexpr std::size_t most_evidence = 3;  // instances whose last lines are shown

// The newest answer on its way from the thread that asks to the one that shows:
// the next is asked for when this one was taken, so that each is shown.
struct Post {
  std::optional<Result<api::DeploymentDetail>> news;
  std::int64_t revision = -1;
};

bool is_passing(Code code) { return code == Code::unavailable || code == Code::deadline_exceeded; }

class Follow {
 public:
  Follow(Session& session, const model::Deployment& deployment, const Followed& names, ProgressMode mode,
         Duration limit)
      : session_(session),
        deployment_(deployment),
        names_(names),
        mode_(mode),
        limit_(limit),
        start_(session.outside.clock.steady()),
        painter_(session.err()) {}

  Result<Ended> run(const std::string& path) {
    Outside& outside = session_.outside;
    Synced<Post> post;
    Loop asking("follow", outside.pace, [&] { ask(path, post); });
    outside.catch_interrupts();
    asking.start();
    while (true) {
      auto news = post.wait_then(
          outside.pace, [](const Post& p) { return p.news.has_value(); },
          [](Post& p) { return std::exchange(p.news, std::nullopt); });
      if (const int signal = outside.interrupted()) return interrupted(signal);
      if (news && *news) {
        detail_ = std::move(**news);
        lost_ = false;
        show();
        if (detail_->deployment.state != DeploymentState::running) return ended();
      } else if (news) {
        const Error& error = news->error();
        if (!is_passing(error.code)) return finish(error);
        tell_lost(error);
        // The next answer stays untaken for a while: a server that is away is asked once in
        // ten rounds only.
        outside.pause(outside.pace * 9);
      }
      if (mode_ == ProgressMode::tty && detail_) draw();
      if (elapsed() > limit_) return finish(too_late());
    }
  }

 private:
  Duration elapsed() const { return session_.outside.clock.steady() - start_; }

  void ask(const std::string& path, Synced<Post>& post) {
    const auto after = post.with([](const Post& p) { return p.news ? std::optional<std::int64_t>() : p.revision; });
    const Duration left = limit_ - elapsed();
    if (!after || left < Duration(0)) return;
    http::Query query;
    if (*after >= 0) query["after"] = std::to_string(*after);
    const Duration longest = Duration(api::longest_wait_ms) + Duration(10'000);
    auto answer =
        session_.link.get<api::DeploymentDetail>(path, std::move(query), std::min(longest, left + Duration(500)));
    post.change([&](Post& p) {
      if (answer) p.revision = answer->revision;
      p.news = std::move(answer);
    });
  }

  void show() {
    if (mode_ == ProgressMode::plain)
      for (const Change& change : changes_.next(*detail_)) session_.err() << plain_line(change) << '\n';
    if (mode_ == ProgressMode::json)
      for (const Change& change : changes_.next(*detail_))
        session_.err() << json_line(deployment_, change, session_.now()) << '\n';
    session_.err() << std::flush;
    if (mode_ == ProgressMode::tty) draw();
  }

  void draw() {
    painter_.draw(
        frame(*detail_, names_.title, elapsed(), session_.now(), session_.outside.size(), session_.look.colour_err));
  }

  void tell_lost(const Error& error) {
    if (!lost_ && mode_ != ProgressMode::quiet && mode_ != ProgressMode::tty)
      session_.err() << "waiting for the server: " << error.message << '\n' << std::flush;
    lost_ = true;
  }

  Error finish(Error error) {
    painter_.finish();
    return error;
  }

  std::string how_to_follow() const {
    return "kontena client deployment wait " + deployment_.stack + ' ' + *deployment_.id;
  }

  Error too_late() const {
    return {Code::deadline_exceeded,
            "the " + names_.what + " did not end within " + text::human_duration(limit_) + "; it goes on",
            "--timeout sets how long to wait; " + how_to_follow()};
  }

  Ended interrupted(int signal) {
    painter_.finish();
    session_.err() << (session_.outside.err_is_terminal ? "\n" : "") << "the " << names_.what
                   << " goes on in the cluster; to follow it: " << how_to_follow() << '\n'
                   << std::flush;
    const int status = 128 + signal;
    // The question under way may take half a minute yet.
    session_.outside.leave(status);
    return {status, {}};
  }

  Result<Ended> ended() {
    painter_.finish();
    switch (detail_->deployment.state) {
      case DeploymentState::succeeded:
      case DeploymentState::running:
        return Ended{0, std::move(*detail_)};
      case DeploymentState::superseded:
        return Error{Code::conflict, "the " + names_.what + " was superseded by a newer one",
                     "kontena client deployment wait " + deployment_.stack};
      case DeploymentState::aborted:
        return Error{Code::conflict, "the " + names_.what + " was aborted: " + detail_->deployment.reason,
                     "kontena client stack show " + deployment_.stack};
      case DeploymentState::failed:
        break;
    }
    return Ended{failed(), std::move(*detail_)};
  }

  // What failed, where and why, with its last lines, and how to look further.
  int failed() {
    std::vector<const api::InstanceSummary*> troubled;
    bool placed_all = true, ran = false;
    for (const api::InstanceSummary& instance : detail_->instances) {
      if (instance.outdated || instance_trouble(instance).empty()) continue;
      troubled.push_back(&instance);
      placed_all = placed_all && !instance.node.empty();
      ran = ran || !instance.node.empty();
    }
    // Those with lines to show first.
    std::ranges::stable_sort(troubled, {}, [](const auto* each) { return each->status.last_lines.empty(); });
    const Code code = !placed_all && !ran ? Code::unplaceable : Code::internal;
    const int status = exit_status(code);
    const std::string reason = plain_text(detail_->deployment.reason);
    const std::string message = "the " + names_.what + " failed" + (reason.empty() ? "" : ": " + reason);
    const std::string hint = next_step(troubled);
    std::ostream& err = session_.err();
    if (session_.look.machine()) {
      codec::Document document;
      const auto body = codec::member(document.root(), "error");
      codec::put(codec::member(body, "code"), code == Code::unplaceable ? "unplaceable" : "deploy_failed");
      codec::put(codec::member(body, "message"), message);
      codec::put(codec::member(body, "hint"), hint);
      err << document.dump() << '\n' << std::flush;
      return status;
    }
    err << paint("kontena:", Tone::bad, session_.look.colour_err) << ' ' << message << '\n';
    // The reason may have said it all.
    const bool more = troubled.size() > 1 ||
                      (!troubled.empty() && (!troubled[0]->status.last_lines.empty() ||
                                             reason.find(instance_trouble(*troubled[0])) == std::string::npos));
    if (more) err << '\n';
    for (std::size_t i = 0; more && i < troubled.size(); ++i) evidence(*troubled[i], i < most_evidence);
    if (!hint.empty()) err << paint("hint:", Tone::faint, session_.look.colour_err) << ' ' << hint << '\n';
    err << std::flush;
    return status;
  }

  std::string next_step(const std::vector<const api::InstanceSummary*>& troubled) const {
    if (troubled.empty()) return "kontena client ps " + deployment_.stack;
    if (troubled[0]->node.empty()) return "kontena client node ls";
    if (troubled[0]->status.container.empty())
      return "kontena client service show " + deployment_.stack + '/' + troubled[0]->service;
    return "kontena client logs " + instance_name(*troubled[0]);
  }

  void evidence(const api::InstanceSummary& instance, bool with_lines) {
    std::ostream& err = session_.err();
    err << "  " << slot_name(instance) << (instance.node.empty() ? "" : " on " + instance.node) << ": "
        << instance_trouble(instance) << '\n';
    if (!with_lines) return;
    for (const std::string& line : instance.status.last_lines) err << "  │ " << plain_text(line) << '\n';
  }

  Session& session_;
  const model::Deployment& deployment_;
  const Followed& names_;
  const ProgressMode mode_;
  const Duration limit_;
  const Duration start_;
  Painter painter_;
  Changes changes_;
  std::optional<api::DeploymentDetail> detail_;
  bool lost_ = false;  // the server, and it was told
};

}  // namespace

Result<Ended> follow(Session& session, const model::Deployment& deployment, const Followed& names) {
  KTN_TRY(const ProgressMode mode, find_progress(session));
  KTN_TRY(const Duration limit, session.time_limit(usual_limit));
  KTN_TRY(const std::string path, session.link.path(api::paths::deployment, {deployment.stack, *deployment.id}));
  return Follow(session, deployment, names, mode, limit).run(path);
}

}  // namespace kontena::client
