import { useElementSize } from '@mantine/hooks';
import { scaleBand, scaleLinear } from 'd3-scale';
import { stack as layers, type Series } from 'd3-shape';
import { type KeyboardEvent, useState } from 'react';
import type { Bar } from './stack.js';

const HEIGHT = 260;
const LEFT = 52;
const BOTTOM = 24;
const TOP = 8;
/** Pixels that a label under the axis takes. */
const LABEL = 76;

const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

/**
 * Stacked bars, each a link to what is behind it. They are one stop of the Tab key; arrows go from bar to bar.
 * The numbers are in the table beside it, so the drawing need not be read by anybody who cannot see it.
 */
export function StackedBars({
  bars,
  unit,
  labelOf,
  linkOf,
}: {
  bars: Bar[];
  unit: string;
  labelOf: (bar: Bar) => string;
  linkOf: (bar: Bar) => string;
}) {
  const { ref, width } = useElementSize();
  const [current, setCurrent] = useState(0);
  const active = Math.min(current, bars.length - 1);

  const names = [...new Set(bars.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  const heightOf = (bar: Bar, name: string) => bar.parts.find((part) => part.name === name)?.height ?? 0;
  const series: Series<Bar, string>[] = layers<Bar, string>().keys(names).value(heightOf)(bars);
  const most = Math.max(0, ...bars.map(({ parts }) => parts.reduce((sum, { height }) => sum + height, 0)));
  const x = scaleBand(
    bars.map(({ start }) => start),
    [LEFT, Math.max(LEFT, width)],
  ).paddingInner(bars.length > 60 ? 0.1 : 0.25);
  const y = scaleLinear([0, most || 1], [HEIGHT - BOTTOM, TOP]).nice(4);
  const every = Math.max(1, Math.ceil((bars.length * LABEL) / Math.max(1, width - LEFT)));

  const move = (event: KeyboardEvent<SVGSVGElement>) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -bars.length, End: bars.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = Math.min(bars.length - 1, Math.max(0, active + step));
    setCurrent(next);
    event.currentTarget.querySelectorAll('a')[next]?.focus();
  };

  return (
    <div ref={ref} className="chart">
      <svg width={width} height={HEIGHT} aria-label={`${unit} over time`} onKeyDown={move}>
        <g className="axis">
          {y.ticks(4).map((tick) => (
            <g key={tick} transform={`translate(0 ${y(tick)})`}>
              <line x1={LEFT} x2={width} className="grid" />
              <text x={LEFT - 8} dy="0.32em" textAnchor="end">
                {short.format(tick)}
              </text>
            </g>
          ))}
        </g>
        {bars.map((bar, index) => (
          <a
            key={bar.start}
            href={linkOf(bar)}
            aria-label={`${labelOf(bar)}: ${bar.total} ${unit}`}
            tabIndex={index === active ? 0 : -1}
            onFocus={() => setCurrent(index)}
            className="bar"
          >
            <title>{describe(bar, labelOf(bar), unit)}</title>
            <rect
              className="hit"
              x={x(bar.start)}
              y={TOP}
              width={x.bandwidth()}
              height={HEIGHT - BOTTOM - TOP}
            />
            {series.map((layer) => {
              const [low = 0, high = 0] = layer[index] ?? [];
              const part = bar.parts.find(({ name }) => name === layer.key);
              if (!part || high <= low) return null;
              return (
                <rect
                  key={layer.key}
                  x={x(bar.start)}
                  y={y(high)}
                  width={x.bandwidth()}
                  height={Math.max(1, y(low) - y(high))}
                  fill={part.colour}
                />
              );
            })}
          </a>
        ))}
        <g className="axis">
          {bars.map((bar, index) =>
            index % every === 0 && (x(bar.start) ?? 0) + LABEL / 2 <= width ? (
              <text
                key={bar.start}
                x={(x(bar.start) ?? 0) + x.bandwidth() / 2}
                y={HEIGHT - 6}
                textAnchor="middle"
              >
                {labelOf(bar)}
              </text>
            ) : null,
          )}
        </g>
      </svg>
    </div>
  );
}

const describe = (bar: Bar, label: string, unit: string): string =>
  [`${label}: ${bar.total} ${unit}`, ...bar.parts.map(({ name, exact }) => `${name}: ${exact}`)].join('\n');
