#include "fibers.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <exception>
#include <stdexcept>

#include "kontena/base/panic.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace kontena::sim {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr std::size_t stack_size = 2u << 20;
#else
constexpr std::size_t stack_size = 256u << 10;
#endif

const std::string nobody = "world";

}  // namespace

struct Fibers::Fiber {
  int id = 0;
  Owner owner = 0;
  std::string name;
  std::function<void()> body;
  std::stop_source stop;
  const void* handle = nullptr;  // who waits for its end
  bool killed = false;
  bool ended = false;
  // While it waits.
  const void* on = nullptr;
  Duration deadline{0};
  const std::function<bool()>* ready = nullptr;
  // Its place in the machine.
  ucontext_t context{};
  void* stack = nullptr;
  void* shadow = nullptr;
  std::exception_ptr left_by;
};

struct Fibers::Machine {
  ucontext_t main{};
  void* main_shadow = nullptr;
  const void* main_stack = nullptr;
  std::size_t main_size = 0;
  std::vector<void*> free_stacks;

  ~Machine() {
    for (void* stack : free_stacks) ::munmap(stack, stack_size);
  }
  void* take_stack() {
    if (!free_stacks.empty()) {
      void* stack = free_stacks.back();
      free_stacks.pop_back();
      return stack;
    }
    void* stack =
        ::mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    KTN_ASSERT(stack != MAP_FAILED, "there is memory for a stack");
    return stack;
  }

  void arrived([[maybe_unused]] void* shadow) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(shadow, &main_stack, &main_size);
#endif
  }
  void into(Fiber& fiber) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&main_shadow, fiber.stack, stack_size);
#endif
    ::swapcontext(&main, &fiber.context);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(main_shadow, nullptr, nullptr);
#endif
  }
  void out_of(Fiber& fiber) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(fiber.ended ? nullptr : &fiber.shadow, main_stack, main_size);
#endif
    ::swapcontext(&fiber.context, &main);
    arrived(fiber.shadow);
  }

  static void enter(unsigned high, unsigned low) {
    auto* fibers = reinterpret_cast<Fibers*>((static_cast<std::uintptr_t>(high) << 32) | low);
    fibers->machine_->arrived(nullptr);
    Fiber& fiber = *fibers->current_;
    try {
      if (!fiber.killed) fiber.body();
    } catch (const Killed&) {
    } catch (...) {
      fiber.left_by = std::current_exception();
    }
    fiber.ended = true;
    fibers->machine_->out_of(fiber);
  }
};

// What Loop holds of its fiber.
struct Fibers::Handle final : Turns::Started {
  Fibers& fibers;
  const int id;
  Handle(Fibers& f, int i) : fibers(f), id(i) {}
  ~Handle() override {
    const auto found = fibers.fibers_.find(id);
    if (found == fibers.fibers_.end()) return;
    KTN_ASSERT(fibers.current_, "what runs is stopped by one that takes turns");
    found->second->handle = this;
    found->second->stop.request_stop();
    fibers.wait(this, std::chrono::hours(24), [&] { return !fibers.fibers_.contains(id); });
  }
};

Fibers::Fibers(Chance chance) : chance_(chance), machine_(std::make_unique<Machine>()) {
  KTN_ASSERT(!here_, "one at a time takes over the thread");
  here_ = this;
}

Fibers::~Fibers() {
  for (auto& [id, fiber] : fibers_) fiber->killed = true;
  while (!fibers_.empty()) resume(*fibers_.begin()->second);
  here_ = nullptr;
}

Fibers::Fiber& Fibers::make(Owner owner, std::string name, std::function<void()> body) {
  auto made = std::make_unique<Fiber>();
  Fiber& fiber = *made;
  fiber.id = ++last_id_;
  fiber.owner = owner;
  fiber.name = std::move(name);
  fiber.body = std::move(body);
  fiber.stack = machine_->take_stack();
  ::getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack;
  fiber.context.uc_stack.ss_size = stack_size;
  fiber.context.uc_link = nullptr;
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  ::makecontext(&fiber.context, reinterpret_cast<void (*)()>(&Machine::enter), 2, static_cast<unsigned>(self >> 32),
                static_cast<unsigned>(self));
  fibers_.emplace(fiber.id, std::move(made));
  candidates_.insert(fiber.id);
  return fiber;
}

void Fibers::spawn(Owner owner, std::string name, std::function<void()> body) {
  make(owner, std::move(name), std::move(body));
}

std::unique_ptr<Turns::Started> Fibers::start(const std::string& name, std::function<void(std::stop_token)> body) {
  Fiber& fiber = make(running(), name, {});
  fiber.body = [token = fiber.stop.get_token(), body = std::move(body)] { body(token); };
  return std::make_unique<Handle>(*this, fiber.id);
}

void Fibers::kill(Owner owner) {
  for (auto& [id, fiber] : fibers_) {
    if (fiber->owner != owner) continue;
    fiber->killed = true;
    candidates_.insert(id);
  }
}

bool Fibers::any(Owner owner) const {
  for (const auto& [id, fiber] : fibers_)
    if (fiber->owner == owner) return true;
  return false;
}

Fibers::Owner Fibers::running() const { return current_ ? current_->owner : 0; }
const std::string& Fibers::name() const { return current_ ? current_->name : nobody; }

bool Fibers::step(Duration until) {
  while (true) {
    while (!candidates_.empty()) {
      auto at = candidates_.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(chance_.below(candidates_.size())));
      Fiber& fiber = *fibers_.at(*at);
      candidates_.erase(at);
      const bool waits = fiber.ready != nullptr;
      if (waits && !fiber.killed && fiber.deadline > now_ && !(*fiber.ready)()) continue;
      if (++turns_at_once_ > most_turns_at_once)
        throw std::runtime_error("somebody spins: '" + fiber.name + "' has one turn after the other at one time");
      resume(fiber);
      return true;
    }
    const Duration next = deadlines_.empty() ? until : std::min(until, deadlines_.begin()->first);
    if (next > now_) {
      turns_at_once_ = 0;
      const Duration by = next - now_;
      now_ = next;
      if (tell_) tell_(by);
    }
    while (!deadlines_.empty() && deadlines_.begin()->first <= now_) {
      candidates_.insert(deadlines_.begin()->second);
      deadlines_.erase(deadlines_.begin());
    }
    if (candidates_.empty()) return false;
  }
}

void Fibers::resume(Fiber& fiber) {
  current_ = &fiber;
  machine_->into(fiber);
  current_ = nullptr;
  if (!fiber.ended) return;
  const std::exception_ptr left_by = fiber.left_by;
  forget(fiber);
  if (left_by) std::rethrow_exception(left_by);
}

void Fibers::forget(Fiber& fiber) {
  machine_->free_stacks.push_back(fiber.stack);
  candidates_.erase(fiber.id);
  const auto ended = fibers_.extract(fiber.id);
  notify(ended.mapped()->handle);
}

bool Fibers::wait(const void* on, Duration limit, const std::function<bool()>& ready) {
  if (!current_) {
    KTN_ASSERT(ready(), "only who takes turns can wait");
    return true;
  }
  Fiber& fiber = *current_;
  if (fiber.killed) throw Killed{};
  if (ready()) return true;
  const Duration deadline = now_ + std::max(Duration(0), limit);
  while (true) {
    fiber.on = on;
    fiber.deadline = deadline;
    fiber.ready = &ready;
    waiting_[on].insert(fiber.id);
    deadlines_.insert({deadline, fiber.id});
    machine_->out_of(fiber);
    fiber.ready = nullptr;
    deadlines_.erase({deadline, fiber.id});
    const auto waiting = waiting_.find(on);
    waiting->second.erase(fiber.id);
    if (waiting->second.empty()) waiting_.erase(waiting);
    if (fiber.killed) throw Killed{};
    if (ready()) return true;
    if (now_ >= deadline) return false;
  }
}

void Fibers::notify(const void* on) {
  const auto waiting = waiting_.find(on);
  if (waiting == waiting_.end()) return;
  for (const int id : waiting->second) candidates_.insert(id);
}

void Fibers::sleep(Duration time) {
  wait(this, time, [] { return false; });
}

}  // namespace kontena::sim
