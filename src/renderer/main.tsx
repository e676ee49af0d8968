/** Starts the page. */

import './styles/tokens.css';
import './styles/base.css';
import 'uplot/dist/uPlot.min.css';
import { createRoot } from 'react-dom/client';
import { createTransport } from './api/transport.ts';
import { App } from './app.tsx';
import { connectPage } from './store.ts';

connectPage(createTransport());
createRoot(document.getElementById('root')!).render(<App />);
