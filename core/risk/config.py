"""Limits of the risk overlay: one frozen, validated set of parameters a run."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from core.parameters import parameter

__all__ = ["RiskConfig"]


class RiskConfig(BaseModel):
    """Limits of the risk overlay, ENGINE §1; a rule set to None is switched off."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_allowed_drawdown: float | None = parameter(
        0.30,
        gt=0.0,
        le=1.0,
        control=(0.05, 0.60),
        step=0.01,
        unit="fraction of peak NAV",
        group="Drawdown",
        label="Drawdown of full scaling",
        url="mdd",
        source="origin report §2A",
        help="Depth at which drawdown scaling would reach zero without the floor. Not a limit: "
        "losses can go deeper.",
    )
    min_position_scale: float = parameter(
        0.60,
        ge=0.0,
        le=5.0,
        control=(0.0, 1.0),
        step=0.05,
        unit="fraction of NAV",
        group="Drawdown",
        label="Exposure floor",
        url="floor",
        source="origin report §2A; Zhou & Shang 2015",
        help="Scaling never takes exposure below this; only the breaker goes to cash.",
    )
    target_annual_vol: float | None = parameter(
        0.18,
        gt=0.0,
        le=5.0,
        control=(0.05, 0.50),
        step=0.01,
        unit="fraction a year",
        group="Volatility",
        label="Volatility target",
        url="vol",
        source="origin report §2B; Moreira & Muir 2017; against: Cederburg et al. 2020",
        help="Exposure is the target over the measured volatility of the stocks held.",
    )
    vol_lookback_days: int = parameter(
        20,
        ge=2,
        le=1260,
        control=(5, 126),
        step=1,
        unit="sessions",
        group="Volatility",
        label="Volatility window",
        url="vlb",
        source="origin report §2B",
        help="Sessions over which the volatility of the stocks held is measured.",
    )
    vol_rebalance_threshold: float | None = parameter(
        0.30,
        ge=0.0,
        le=5.0,
        control=(0.0, 1.0),
        step=0.05,
        unit="fraction of exposure",
        group="Volatility",
        label="Rescale threshold",
        url="vband",
        source="origin report §2B",
        help="Between rebalances the book is rescaled when wanted over applied exposure is off by "
        "more than this; off means only at rebalances.",
    )
    cost_per_trade_bps: float = parameter(
        10.0,
        ge=0.0,
        le=1000.0,
        control=(0.0, 50.0),
        step=1.0,
        unit="bps",
        group="Costs",
        label="Cost per trade",
        url="bps",
        source="origin report §2C",
        help="Cost of every traded dollar, buys and sells both.",
    )
    min_alpha_to_cost_ratio: float | None = parameter(
        1.0,
        ge=0.0,
        le=1000.0,
        control=(0.0, 10.0),
        step=0.1,
        unit="ratio",
        group="Costs",
        label="Alpha-to-cost gate",
        url="gate",
        source="origin report §2C; Grinold 1994",
        help="A name is left alone when its expected return is below this many round-trip costs.",
    )
    max_turnover_per_rebal: float | None = parameter(
        0.60,
        ge=0.0,
        le=5.0,
        control=(0.05, 2.0),
        step=0.05,
        unit="fraction of NAV",
        group="Costs",
        label="Turnover cap",
        url="tcap",
        source="origin report §2C",
        help="Most that one rebalance trades, buys and sells both counted; the rest follows later.",
    )
    position_stop_loss: float | None = parameter(
        0.12,
        gt=0.0,
        le=1.0,
        control=(0.02, 0.50),
        step=0.01,
        unit="fraction of entry price",
        group="Stops",
        label="Position stop",
        url="stop",
        source="origin report §2D; Kaminski & Lo 2014",
        help="A name is sold when it closes this far below its average entry price.",
    )
    trailing_stop_pct: float | None = parameter(
        0.15,
        gt=0.0,
        le=1.0,
        control=(0.02, 0.50),
        step=0.01,
        unit="fraction of highest close",
        group="Stops",
        label="Trailing stop",
        url="trail",
        source="origin report §2D; Kaminski & Lo 2014",
        help="A name is sold when it closes this far below its highest close since entry.",
    )
    stop_cooldown_days: int = parameter(
        0,
        ge=0,
        le=2520,
        control=(0, 63),
        step=1,
        unit="sessions",
        group="Stops",
        label="Stop cooldown",
        url="scool",
        source="project default",
        help="Sessions after a stop's fill during which a rebalance may not buy the name again.",
    )
    circuit_breaker_dd: float | None = parameter(
        0.35,
        gt=0.0,
        le=1.0,
        control=(0.05, 0.60),
        step=0.01,
        unit="fraction of peak NAV",
        group="Breaker",
        label="Circuit breaker",
        url="brk",
        source="origin report §2D",
        help="Everything is sold when NAV closes this far below its risk peak.",
    )
    breaker_cooldown_days: int = parameter(
        21,
        ge=0,
        le=2520,
        control=(0, 126),
        step=1,
        unit="sessions",
        group="Breaker",
        label="Breaker cooldown",
        url="bcool",
        source="project default: about one month",
        help="Sessions after the breaker's fill before a rebalance may enter again.",
    )
    max_leverage: float = parameter(
        1.0,
        gt=0.0,
        le=10.0,
        control=(0.5, 2.0),
        step=0.05,
        unit="multiple of NAV",
        group="Leverage",
        label="Leverage limit",
        url="lev",
        source="origin report §5",
        help="Highest exposure; above 1 the difference is borrowed.",
    )
    borrow_spread: float = parameter(
        0.01,
        ge=0.0,
        le=0.5,
        control=(0.0, 0.05),
        step=0.0025,
        unit="fraction a year",
        group="Leverage",
        label="Borrow spread",
        url="bspr",
        source="project default",
        help="Paid on negative cash, above the cash rate.",
    )
    maintenance_margin: float | None = parameter(
        None,
        gt=0.0,
        le=0.99,
        control=(0.2, 0.6),
        step=0.01,
        on_value=0.25,
        unit="fraction of what is held",
        group="Leverage",
        label="Maintenance margin",
        url="mm",
        source="FINRA Rule 4210: 25 %; Regulation T's initial 50 % is a leverage limit of 2",
        help="When NAV closes below this fraction of what is held, the book is rescaled with the "
        "next fill, to at most the leverage limit.",
    )
    execution_lag_days: Literal[0, 1] = parameter(
        1,
        group="Execution",
        label="Execution lag",
        url="lag",
        source="project default: the first close after the decision",
        unit="sessions",
        help="Sessions from the close that decides to the fill; 0 fills at the deciding close.",
    )
    execution: Literal["next_close", "next_open"] = parameter(
        "next_close",
        group="Execution",
        label="Fill price",
        url="exec",
        source="project default",
        help="Price at which orders fill: the close or the open of the session after the decision. "
        "The open needs open prices in the data, and an execution lag of 1.",
    )
    stop_fill: Literal["close", "intraday"] = parameter(
        "close",
        group="Execution",
        label="Stop fill",
        url="sfill",
        source="project default",
        help="On the close: a stop is tested on closes and sold with the next fill. Intraday: it "
        "rests in the market and is sold inside the session whose low reaches it, at its level or, "
        "below that, at the open; needs open and low prices in the data.",
    )

    @property
    def needs_open(self) -> bool:
        """Whether a run reads the open of sessions."""
        return self.execution == "next_open" or self.needs_low

    @property
    def needs_low(self) -> bool:
        """Whether a run reads the low of sessions."""
        return self.stop_fill == "intraday"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.min_position_scale > self.max_leverage:
            raise ValueError(
                f"min_position_scale must be at most max_leverage ({self.max_leverage:g}), "
                f"was {self.min_position_scale:g}"
            )
        margin, initial = self.maintenance_margin, 1.0 / self.max_leverage
        if margin is not None and margin >= initial:
            raise ValueError(
                f"maintenance_margin must be below 1 / max_leverage ({initial:.3g}), the margin of "
                f"a purchase at the limit, was {margin:g}"
            )
        if self.execution == "next_open" and self.execution_lag_days == 0:
            raise ValueError(
                'execution "next_open" needs execution_lag_days 1, was 0: '
                "an order cannot fill at the open before the close that decides it"
            )
        return self

    def warnings(self) -> tuple[str, ...]:
        """Say what is allowed but likely to surprise."""
        if self.min_position_scale == 0.0 and self.max_allowed_drawdown is not None:
            return (
                "risk.min_position_scale is 0 with drawdown scaling on: once the scale reaches 0 "
                "the portfolio can stay in cash for good, because a drawdown in cash never heals. "
                "Set a floor above 0, or switch risk.max_allowed_drawdown off.",
            )
        return ()
