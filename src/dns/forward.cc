#include "forward.h"

#include <algorithm>

namespace kontena::dns {
namespace {

constexpr std::size_t most_shunned = 1024;

}  // namespace

Forwarder::Forwarder(Poller& poller, const Clock& clock, IdSource& ids, const Options& options, Done done)
    : poller_(poller), clock_(clock), ids_(ids), options_(options), done_(std::move(done)) {}

bool Forwarder::ask(const std::string& key, std::span<const Endpoint> servers, Waiting waiting) {
  if (servers.empty() || waiting_ >= options_.waiting) return false;
  std::size_t& of_asker = waiting_of_[waiting.peer.from.address];
  if (of_asker >= options_.waiting_each) return false;
  ++of_asker;
  ++waiting_;
  std::unique_ptr<Job>& job = jobs_[key];
  const bool is_new = !job;
  if (is_new) {
    job = std::make_unique<Job>();
    job->key = key;
    job->query = waiting.query;
  }
  job->waiting.push_back(std::move(waiting));
  if (is_new) start(*job, servers);
  return true;
}

void Forwarder::start(Job& job, std::span<const Endpoint> servers) {
  const Duration now = clock_.steady();
  std::erase_if(shunned_, [now](const auto& entry) { return entry.second <= now; });
  for (const Endpoint& server : servers) {
    job.exchanges.push_back(std::make_unique<Exchange>(
        poller_, ids_, server, job.query,
        [this, &job, server](std::optional<Answer> answer) { heard(job, server, std::move(answer)); }));
  }
  std::ranges::stable_partition(job.exchanges,
                                [this](const auto& exchange) { return !shunned_.contains(exchange->server()); });
  job.give_up_at = now + options_.all_tries;
  advance(job);
}

void Forwarder::advance(Job& job) {
  for (std::size_t left = job.exchanges.size(); left > 0; --left) {
    Exchange& exchange = *job.exchanges[job.next++ % job.exchanges.size()];
    if (exchange.over()) continue;
    if (!exchange.send()) {
      shun(exchange.server());
      continue;
    }
    job.asked = &exchange;
    job.again_at = std::min(clock_.steady() + options_.one_try, job.give_up_at);
    due_ = std::min(due_, job.again_at);
    return;
  }
  give_up(job);
}

void Forwarder::heard(Job& job, const Endpoint& server, std::optional<Answer> answer) {
  if (!answer) {
    shun(server);
    return advance(job);
  }
  shunned_.erase(server);
  const bool answered = answer->rcode == Rcode::no_error || answer->rcode == Rcode::no_such_name;
  if (!answered) return advance(job);  // another may know
  finish(job, std::make_shared<const Answer>(*std::move(answer)));
}

void Forwarder::give_up(Job& job) {
  for (auto& exchange : job.exchanges) {
    if (exchange->shortened()) return finish(job, std::make_shared<const Answer>(*std::move(exchange->shortened())));
  }
  finish(job, nullptr);
}

void Forwarder::finish(Job& job, std::shared_ptr<const Answer> answer) {
  const auto node = jobs_.extract(job.key);  // its sockets are closed at the end of this
  for (const Waiting& waiting : job.waiting) {
    --waiting_;
    const auto of_asker = waiting_of_.find(waiting.peer.from.address);
    if (--of_asker->second == 0) waiting_of_.erase(of_asker);
  }
  done_(job.key, std::move(answer), std::move(job.waiting));
}

void Forwarder::tick() {
  const Duration now = clock_.steady();
  if (now < due_) return;
  due_ = Duration::max();
  std::vector<Job*> late;
  for (const auto& [key, job] : jobs_) {
    if (job->again_at <= now) {
      late.push_back(job.get());
    } else {
      due_ = std::min(due_, job->again_at);
    }
  }
  for (Job* job : late) {
    if (job->asked && !job->asked->over()) shun(job->asked->server());
    if (job->give_up_at <= now) {
      give_up(*job);
    } else {
      advance(*job);
    }
  }
}

void Forwarder::shun(const Endpoint& server) {
  if (shunned_.size() < most_shunned) shunned_[server] = clock_.steady() + options_.shun;
}

}  // namespace kontena::dns
