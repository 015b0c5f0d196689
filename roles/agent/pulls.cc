// How CarryOut has images.
#include <algorithm>

#include "carry_out.h"
#include "kontena/base/log.h"
#include "status.h"

namespace kontena::agent {
namespace {

constexpr Duration progress_period{1'000};

// Of images that no spec asks the age of any more nothing is kept.
void note_pull(State& state, const std::string& image, std::int64_t now_ms) {
  std::set<std::string> asked;
  for (const auto& [id, wanted] : state.kept->instances)
    if (wanted.spec.pull_every_ms > 0) asked.insert(wanted.spec.image);
  std::erase_if(state.pulls_ms, [&](const auto& pull) { return !asked.contains(pull.first); });
  if (asked.contains(image)) state.pulls_ms[image] = now_ms;
}

// Of an image that came with a deploy, whose name is nobody else's; "" for one from a registry.
std::string manifest_of(const State& state, const std::string& image) {
  for (const auto& [id, wanted] : state.kept->instances)
    if (wanted.spec.image == image && !wanted.spec.image_digest.empty()) return wanted.spec.image_digest;
  return {};
}

}  // namespace

model::PullPolicy pull_policy_of(const State& state, const model::Assignment& wanted, std::int64_t now_ms) {
  const std::int64_t every_ms = wanted.spec.pull_every_ms;
  if (every_ms <= 0) return wanted.spec.pull_policy;
  const auto last = state.pulls_ms.find(wanted.spec.image);
  // One of the future is from before the clock was set back.
  const bool fresh = last != state.pulls_ms.end() && last->second <= now_ms && now_ms - last->second < every_ms;
  return fresh ? wanted.spec.pull_policy : model::PullPolicy::always;
}

void CarryOut::pull(const std::string& key) {
  const std::string image = key.substr(key.find(' ') + 1);
  // Others may come to wait while we look: they are looked for too, so that nobody
  // has to pull what is there.
  std::set<std::string> looked;
  auto waiting = pulls_.with([&](auto& pulls) { return pulls[key]; });
  while (true) {
    const auto answers = look_for(image, waiting);
    looked.merge(waiting);
    waiting.clear();
    // Before they are told: who hears it may come to wait anew at once.
    const bool nobody = pulls_.with([&](auto& pulls) {
      auto& left = pulls[key];
      for (const auto& [instance, answer] : answers) left.erase(instance);
      for (const std::string& instance : left)
        if (!looked.contains(instance)) waiting.insert(instance);
      return left.empty() && pulls.erase(key) > 0;
    });
    for (const auto& [instance, answer] : answers) {
      if (answer)
        done(instance, [](State&, Work& work) { work.message.clear(); });
      else
        failed(instance, Doing::pull, answer.error(), answer.error().code == Code::not_found);
    }
    if (nobody) return;
    if (waiting.empty()) break;
  }

  const auto before = context_.engine.image_id(image);
  std::optional<Duration> told;
  std::string last;
  const auto tell = [&](const engine::PullProgress& progress) {
    const Duration now = context_.clock.steady();
    std::string text = progress_text(progress);
    if (text == last || (told && now - *told < progress_period)) return;
    told = now;
    last = text;
    waiting = pulls_.with([&](auto& pulls) { return pulls[key]; });
    context_.state.change([&](State& s) {
      for (const std::string& instance : waiting) {
        if (const auto work = s.work.find(instance); work != s.work.end()) work->second.progress = text;
        s.report.insert(instance);
      }
    });
  };
  const std::string manifest = context_.state.with([&](const State& s) { return manifest_of(s, image); });
  const Status status =
      manifest.empty() || !bring_ ? pull_as_user(image, looked, tell) : bring_(image, manifest, tell);
  const auto after = status ? context_.engine.image_id(image) : Result<std::string>(status.error());
  // What was there before may be somebody's, who would miss it.
  if (after && !(before && *before == *after))
    context_.state.with([&](State& s) { s.pulled_images.try_emplace(*after, PulledImage{.name = image}); });
  waiting = pulls_.with([&](auto& pulls) { return std::move(pulls.extract(key).mapped()); });
  pulled(image, waiting, status);
}

// As the first of the instances that has a user at the registry. Who that is the server says, for each pull anew.
Status CarryOut::pull_as_user(const std::string& image, const std::set<std::string>& instances,
                              const std::function<void(const engine::PullProgress&)>& tell) {
  std::optional<engine::RegistryUser> user;
  std::string why;
  for (const std::string& instance : instances) {
    if (user || !registry_user_of_) break;
    auto found = registry_user_of_(instance, image);
    if (found)
      user = *std::move(found);
    else if (found.error().code != Code::not_found)
      why = found.error().message;
  }
  Status pulled = context_.engine.pull(image, user ? &*user : nullptr, tell);
  if (pulled || pulled.error().code == Code::unavailable) return pulled;
  Error error = std::move(pulled).error();
  if (!user && !why.empty()) error.message += "; whom to ask the registry as is not known: " + why;
  // An engine that may ask a registry without TLS does so when it was refused, and tells of that alone.
  const bool refused = error.code == Code::permission_denied ||
                       error.message.find("HTTP request to an HTTPS server") != std::string::npos;
  if (!user && why.empty() && refused)
    error.hint = "log in to its registry: kontena client registry login";
  return error;
}

// The answers for those who do not want a pull in any case, as far as a look at
// the engine's images has one.
std::map<std::string, Status> CarryOut::look_for(const std::string& image, const std::set<std::string>& waiting) {
  using model::PullPolicy;
  const std::int64_t now_ms = to_ms(context_.clock.now());
  std::map<std::string, PullPolicy> policies;
  context_.state.with([&](const State& s) {
    for (const std::string& instance : waiting) {
      const auto wanted = s.kept->instances.find(instance);
      policies[instance] =
          wanted == s.kept->instances.end() ? PullPolicy::never : pull_policy_of(s, wanted->second, now_ms);
    }
  });
  std::map<std::string, Status> answers;
  if (std::ranges::all_of(policies, [](const auto& one) { return one.second == PullPolicy::always; })) return answers;
  const auto there = context_.engine.has_image(image);
  if (there && *there) context_.state.with([&](State& s) { s.images.insert(image); });
  for (const auto& [instance, policy] : policies) {
    if (policy == PullPolicy::always) continue;
    if (there && *there)
      answers.emplace(instance, Done{});
    else if (!there)
      answers.emplace(instance, there.error());
    else if (policy == PullPolicy::never)
      answers.emplace(instance,
                      Error{Code::not_found, "image '" + image + "' is not on this node and pull_policy is never"});
  }
  return answers;
}

void CarryOut::pulled(const std::string& image, const std::set<std::string>& waiting, const Status& status) {
  if (status) {
    log::info("image pulled", {{"image", image}});
    const std::int64_t now_ms = to_ms(context_.clock.now());
    context_.state.with([&](State& s) {
      s.images.insert(image);
      note_pull(s, image, now_ms);
    });
  }
  // What is only old runs: a registry that is away must not keep it from that.
  std::set<std::string> settle_for_old;
  if (!status && status.error().code != Code::unavailable) {
    const auto there = context_.engine.has_image(image);
    if (there && *there)
      settle_for_old = context_.state.with([&](const State& s) {
        std::set<std::string> found;
        for (const std::string& instance : waiting) {
          const auto wanted = s.kept->instances.find(instance);
          if (wanted != s.kept->instances.end() && wanted->second.spec.pull_every_ms > 0) found.insert(instance);
        }
        return found;
      });
  }
  if (!settle_for_old.empty())
    log::warn("an image is older than it should be, and cannot be pulled; the one that is there is used",
              {{"image", image}, {"reason", status.error().message}});
  for (const std::string& instance : waiting) {
    if (!status && !settle_for_old.contains(instance)) {
      Error error = status.error();
      if (error.message.find(image) == std::string::npos) error = std::move(error).in("pulling '" + image + "'");
      failed(instance, Doing::pull, error);
      continue;
    }
    done(instance, [](State&, Work& work) {
      work.pulled = true;
      work.message.clear();
      work.history.tries = 0;
      work.history.retry_at_ms = 0;
    });
  }
}

}  // namespace kontena::agent
